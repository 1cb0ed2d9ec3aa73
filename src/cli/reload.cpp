#include "cli/reload.h"

#include "cli/printable.h"

namespace obolus::cli {

base::Result<ReloadReport> AskToReload(const OperatorAddress& address, bool json) {
  const auto answer = Ask(address, "POST", "/reload");
  if (!answer) return std::unexpected(answer.error());
  const base::json::value* steps = base::FindPointer(*answer, "/steps");
  const base::json::value* failed = base::FindPointer(*answer, "/failed");
  if (steps == nullptr || !steps->is_array() || failed == nullptr) {
    return base::Fail(base::ErrorCode::kInvalid, "the answer is not the one of a reload");
  }
  ReloadReport report{.text = {}, .ok = *failed == 0};
  if (json) {
    report.text = base::ToText(*answer) + "\n";
    return report;
  }
  for (const base::json::value& step : steps->get_array()) {
    const auto error = base::FindString(step, "/error");
    report.text +=
        (error ? "FAIL  " : "ok    ") + Printable(base::FindString(step, "/step").value_or("?")) +
        (error ? ": " + Printable(*error) + " (what was there before is still in use)" : "") + "\n";
  }
  return report;
}

}  // namespace obolus::cli
