#include "cli/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "app/audit_head.h"
#include "base/json.h"
#include "net/test_folder.h"

namespace obolus::cli {
namespace {

using domain::AuditKind;

const base::Bytes kKey(32, 7);

class AuditCommand : public ::testing::Test {
 protected:
  AuditCommand() {
    Add({.kind = AuditKind::kAuditStarted, .actor = "obolus"});
    Add({.kind = AuditKind::kCallerRefused,
         .success = false,
         .actor = "=cmd|' /C calc'!A0",
         .origin = "192.0.2.1",
         .object = "a\nb\x1b[2J\xe2\x80\xae",
         .details = {{"what", "x=1|y\\z"}}});
    Add({.kind = AuditKind::kAuditStopped, .actor = "obolus"});
    Save();
  }

  void Add(domain::AuditRecord record) {
    app::AuditEntry entry{.time = base::FromMillis(1'795'305'600'000 + 1000 * seconds_++),
                          .record = std::move(record),
                          .instance = "pay-1"};
    text_ += chain_.Append(app::WriteAuditMembers(entry)) + "\n";
  }
  void Save() {
    std::ofstream(folder_.path() / "audit.jsonl") << text_;
    std::ofstream(folder_.path() / "audit.head") << app::WriteAuditHead(kKey, chain_.head());
  }
  AuditSource Source() const { return {.paths = {folder_.path()}, .key = kKey}; }
  std::string Export(AuditQuery query) const { return ExportAudit(Source(), query)->text; }

  net::TestFolder folder_;
  base::HashChain chain_{kKey, {}};
  std::string text_;
  int seconds_ = 0;
};

bool IsHarmless(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 || c == '\n'; });
}

TEST_F(AuditCommand, AWholeLogIsSaidToBe) {
  const auto report = ReadAudit(Source());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->all_faults, 0U);
  EXPECT_TRUE(DescribeAuditReport(*report, false).ends_with("the log is whole\n"));
  const auto json = base::ParseJson(DescribeAuditReport(*report, true));
  EXPECT_EQ(base::FindString(*json, "/head"), base::ToText(chain_.head()));
}

TEST_F(AuditCommand, AFaultIsNamedByFileAndLine) {
  text_[text_.find("192.0")] = '8';
  Save();
  const auto report = ReadAudit(Source());
  EXPECT_EQ(report->all_faults, 2U) << "the line, and that the next one does not follow";
  EXPECT_TRUE(DescribeAuditReport(*report, false)
                  .starts_with((folder_.path() / "audit.jsonl").string() + ":2: "));
}

TEST_F(AuditCommand, OlderFilesComeFirst) {
  const std::size_t first = text_.find('\n') + 1;
  std::ofstream(folder_.path() / "audit-000000000001.jsonl") << text_.substr(0, first);
  std::ofstream(folder_.path() / "audit.jsonl") << text_.substr(first);
  const auto report = ReadAudit(Source());
  EXPECT_EQ(report->all_faults, 0U);
  EXPECT_EQ(report->files, 2U);
}

TEST_F(AuditCommand, AMissingOrChangedHeadIsAFault) {
  std::ofstream(folder_.path() / "audit.head") << "x";
  EXPECT_EQ(ReadAudit(Source())->all_faults, 1U);
  std::filesystem::remove(folder_.path() / "audit.head");
  EXPECT_EQ(ReadAudit(Source())->all_faults, 1U);
}

TEST_F(AuditCommand, WhatIsNotThereIsSaid) {
  AuditSource source = Source();
  source.paths = {folder_.path() / "nowhere"};
  EXPECT_EQ(ReadAudit(source).error().code, base::ErrorCode::kNotFound);
  std::filesystem::create_directory(folder_.path() / "empty");
  source.paths = {folder_.path() / "empty"};
  EXPECT_EQ(ReadAudit(source).error().code, base::ErrorCode::kNotFound);
}

TEST_F(AuditCommand, JsonLinesAreTheLogsOwnBytes) {
  EXPECT_EQ(Export({}), text_);
}

TEST_F(AuditCommand, OnlyWhatIsAskedForIsExported) {
  const auto from = base::FromMillis(1'795'305'601'000);
  EXPECT_EQ(ExportAudit(Source(), {.from = from})->records, 2U);
  EXPECT_EQ(ExportAudit(Source(), {.to = from})->records, 1U);
  EXPECT_EQ(ExportAudit(Source(), {.kinds = {AuditKind::kCallerRefused}})->records, 1U);
}

TEST_F(AuditCommand, CsvHoldsNoFormulaAndNothingThatATerminalObeys) {
  const std::string csv =
      Export({.kinds = {AuditKind::kCallerRefused}, .format = AuditFormat::kCsv});
  EXPECT_NE(csv.find(R"("'=cmd|' /C calc'!A0")"), std::string::npos) << csv;
  EXPECT_NE(csv.find(R"("a\nb\x1b[2J\u202e")"), std::string::npos) << csv;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 2);
}

TEST_F(AuditCommand, CefIsOneLineWithItsSignsEscaped) {
  const std::string cef =
      Export({.kinds = {AuditKind::kCallerRefused}, .format = AuditFormat::kCef});
  EXPECT_TRUE(cef.starts_with("CEF:0|Obolus|Obolus|1|caller_refused|caller_refused|6|rt="));
  EXPECT_NE(cef.find(" suser=\\=cmd|"), std::string::npos) << cef;
  EXPECT_EQ(std::ranges::count(cef, '\n'), 1);
  EXPECT_TRUE(IsHarmless(cef));
}

TEST_F(AuditCommand, TheTailIsForPeople) {
  const auto tail = TailAudit(Source(), 2);
  ASSERT_TRUE(tail);
  EXPECT_EQ(std::ranges::count(tail->text, '\n'), 2);
  EXPECT_TRUE(tail->text.starts_with("2  2026-11-22T00:00:01.000Z  caller_refused FAILED"));
  EXPECT_TRUE(IsHarmless(tail->text)) << tail->text;
}

}  // namespace
}  // namespace obolus::cli
