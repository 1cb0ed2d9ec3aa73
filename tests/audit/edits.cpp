#include <algorithm>
#include <iterator>

#include "app/audit_head.h"
#include "app/audit_verifier.h"
#include "audit/log_copy.h"

namespace obolus::audit_check {
namespace {

using app::AuditVerifier;

base::ByteView Key() {
  return base::AsBytes(kKey);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

// What follows after a line that was changed: verification goes from line to line, so a fault shows
// in the next one at the latest, and an end that is missing in the next file or in the head.
struct Place {
  AuditVerifier before;  // all that stands before the line
  std::string file;
  std::vector<std::string> rest;  // of the file, from the line on
  std::string next_file;          // the one after it; "": none
};

bool IsFound(const Place& place, const std::string& changed) {
  AuditVerifier verifier = place.before;
  if (!changed.empty()) verifier.AddFile(place.file, changed);
  if (!place.next_file.empty()) verifier.AddFile("next", place.next_file);
  return verifier.Finish().all_faults > 0;
}

std::string Join(const std::vector<std::string>& lines, std::size_t from = 0,
                 std::size_t count = std::string::npos) {
  std::string text;
  for (std::size_t i = from; i < lines.size() && i - from < count; ++i) text += lines[i];
  return text;
}

class Edits {
 public:
  Edits(const LogCopy& log, std::size_t every) : log_(log), every_(every) {}

  std::vector<Count> Run() {
    AuditVerifier whole(Key(), {{"audit.head", log_.head}});
    AuditVerifier open_end(Key(), {});  // knows no head, so nothing is missing at the end
    for (std::size_t f = 0; f < log_.files.size(); ++f) {
      const auto& [name, text] = log_.files[f];
      const std::vector<std::string> lines = LinesOf(text);
      const bool last_file = f + 1 == log_.files.size();
      for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool last = last_file && i + 2 >= lines.size();
        const std::string next = last_file ? "" : LinesOf(log_.files[f + 1].second)[0];
        Place place{last ? whole : open_end,
                    name,
                    {lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end()},
                    next};
        TryBytes(place);
        if (i % LineStep() == 0 || last) TryLines(place, whole);
        whole.AddFile(name, lines[i]);
        open_end.AddFile(name, lines[i]);
      }
    }
    TryHead();
    TryFiles();
    return counts_;
  }

 private:
  std::size_t LineStep() const { return every_ == 1 ? 1 : 7; }

  void Note(const std::string& edit, bool found) {
    auto count = std::ranges::find(counts_, edit, &Count::edit);
    if (count == counts_.end()) count = counts_.insert(counts_.end(), {edit});
    ++count->tried;
    if (found) ++count->found;
  }

  void TryBytes(const Place& place) {
    const std::size_t size = place.rest[0].size();
    Place near = place;
    if (place.rest.size() > 2) near.next_file.clear();
    std::string window = Join(place.rest, 0, 2);
    for (; byte_ < at_ + size; byte_ += every_) {
      const std::size_t i = byte_ - at_;
      const auto flip = static_cast<char>(1U << (byte_ % 8));
      window[i] = static_cast<char>(window[i] ^ flip);
      Note("byte changed", IsFound(near, window));
      window[i] = static_cast<char>(window[i] ^ flip);
    }
    at_ += size;
  }

  void TryLines(const Place& place, const AuditVerifier& whole) {
    const auto& rest = place.rest;
    const std::string tail = Join(rest, 1);
    // The newest line is missed by audit.head alone.
    const Place strict{place.next_file.empty() ? whole : place.before, place.file, rest,
                       place.next_file};
    Note("line removed", IsFound(strict, tail));
    Note("line repeated", IsFound(strict, rest[0] + Join(rest)));
    if (rest.size() > 1) Note("lines swapped", IsFound(strict, rest[1] + rest[0] + Join(rest, 2)));
    base::HashChain forged(base::AsBytes("another key that is 32 bytes long"), {});
    Note("forged line put in", IsFound(strict, forged.Append(R"("a":1)") + "\n" + Join(rest)));
    Note("bytes put in", IsFound(strict, "x" + Join(rest)));
    Note("newline put in", IsFound(strict, "\n" + Join(rest)));
    Note("file cut at a line", IsFound(strict, ""));
    Note("file cut within a line", IsFound(strict, rest[0].substr(0, rest[0].size() / 2)));
    // The log ends here, or an older copy of it was put back: only the head tells.
    const Place end{whole, place.file, rest, ""};
    Note("log cut, or an older copy put back", IsFound(end, ""));
    Note("log cut within a line", IsFound(end, rest[0].substr(0, rest[0].size() / 2)));
  }

  void TryHead() {
    for (std::size_t i = 0; i < log_.head_text.size(); ++i) {
      std::string changed = log_.head_text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      Note("byte of audit.head changed", !app::ReadAuditHead(Key(), changed));
    }
  }

  bool IsFoundIn(const std::vector<std::pair<std::string, std::string>>& files) {
    AuditVerifier verifier(Key(), {{"audit.head", log_.head}});
    for (const auto& [name, text] : files) verifier.AddFile(name, text);
    return verifier.Finish().all_faults > 0;
  }

  void TryFiles() {
    for (std::size_t f = 0; f < log_.files.size(); ++f) {
      auto files = log_.files;
      files.erase(files.begin() + static_cast<std::ptrdiff_t>(f));
      Note("file removed", IsFoundIn(files));
      files = log_.files;
      files[f].second.clear();
      Note("file emptied", IsFoundIn(files));
      files = log_.files;
      files[f].second = files[(f + 1) % files.size()].second;
      Note("file replaced by another of the log", IsFoundIn(files));
    }
  }

  const LogCopy& log_;
  const std::size_t every_;
  std::vector<Count> counts_;
  std::size_t at_ = 0;    // bytes of the log before the line
  std::size_t byte_ = 0;  // the next to change
};

}  // namespace

std::vector<Count> TryEdits(const LogCopy& log, std::size_t every) {
  return Edits(log, every).Run();
}

}  // namespace obolus::audit_check
