#include "app/forget_codes.h"

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

// What was said of a session may lie before what is true now, so the session itself is asked.
void LookAt(const Services& services, const Uuid& session_id) {
  Read<bool>(
      services.store,
      [session_id](Transaction& tx) -> Result<bool> {
        const auto session = Load(tx, session_id);
        if (!session && session.error().code == base::ErrorCode::kNotFound) return false;
        if (!session) return std::unexpected(session.error());
        return domain::NeedsCard(*session);
      },
      [&services, session_id](const Result<bool>& needed) {
        if (needed && !*needed) services.codes->DropSession(session_id);
      });
}

}  // namespace

void ForgetCodes(const Services& services, const CommitNotice& notice) {
  if (services.codes == nullptr) return;
  for (const SessionChange& change : notice.sessions) {
    if (services.codes->HasSession(change.id)) LookAt(services, change.id);
  }
}

}  // namespace obolus::app
