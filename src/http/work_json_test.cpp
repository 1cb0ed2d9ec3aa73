#include "http/work_json.h"

#include <gtest/gtest.h>

namespace obolus::http {
namespace {

struct Read {
  std::optional<app::WorkDone> done;
  std::vector<std::string> pointers;
};

Read ReadText(const std::string& proof) {
  const auto body = base::ParseJson(R"({"result": {"proof_of_work": )" + proof + "}}");
  EXPECT_TRUE(body) << proof;
  Read read;
  std::vector<base::FieldError> faults;
  read.done = ReadWork(*body, faults);
  for (const auto& fault : faults) read.pointers.push_back(fault.pointer);
  return read;
}

TEST(WorkJson, AProofIsASeedAndItsCounters) {
  const Read read = ReadText(R"({"seed": "AQID", "counters": [0, 4294967295]})");
  ASSERT_TRUE(read.done);
  EXPECT_TRUE(read.pointers.empty());
  EXPECT_EQ(read.done->seed, "AQID");
  EXPECT_EQ(read.done->counters, (std::vector<std::uint32_t>{0, 4294967295}));
}

TEST(WorkJson, NoProofIsNoFault) {
  const Read read = ReadText("null");
  EXPECT_FALSE(read.done);
  EXPECT_TRUE(read.pointers.empty());
}

TEST(WorkJson, FaultsNameTheMember) {
  using Pointers = std::vector<std::string>;
  const std::string at = "/result/proof_of_work";
  EXPECT_EQ(ReadText("7").pointers, Pointers{at});
  EXPECT_EQ(ReadText("{}").pointers, (Pointers{at + "/seed", at + "/counters"}));
  const auto counters = [&](const std::string& text) {
    return ReadText(R"({"seed": "AQID", "counters": )" + text + "}").pointers;
  };
  for (const char* text : {"[-1]", "[4294967296]", "[1.5]", "[\"1\"]", "7",
                           "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"}) {
    EXPECT_EQ(counters(text), Pointers{at + "/counters"}) << text;
  }
  EXPECT_EQ(ReadText(R"({"counters": [], "seed": ")" + std::string(101, 'A') + "\"}").pointers,
            Pointers{at + "/seed"});
}

}  // namespace
}  // namespace obolus::http
