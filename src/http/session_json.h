// A session as the client protocol shows it (contract §4.1): what the shopper's browser does next,
// and what it needs for that. Also the origins that may read it. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/show_session.h"
#include "base/json.h"

namespace obolus::http {

// {"next_action", "status"?, "data", "terminal_id", "expires_at", "expires_in", "payment",
// "merchant", "locale", "continue_url", "way_back_url", "commerce_state", "attempts_left",
// "retry_after"}
base::json::object RenderState(const app::Services& services, const app::SessionView& view);

// Adds "attempts_left" (null: no limit) and "retry_after" (seconds of a cool-down; null: none).
void AddRetries(base::json::object& object, const domain::Session& session,
                const domain::Policy& policy, base::Timestamp now);

// Where the shopper goes now, when the session has ended and Commerce gave an address for that end;
// else empty. A payment session whose card was taken waits for Commerce's StateChanged, but not
// longer than ten seconds.
std::string ContinueUrl(const app::SessionView& view);

// A returned 3DS session waits for Commerce: how long until the shopper may go; 0 from then on.
// Nothing for a session that does not wait so.
std::optional<std::chrono::seconds> ConfirmWaitLeft(const app::Services& services,
                                                    const app::SessionView& view);

// Where the shopper may go who has waited long enough: PendingUrl; else empty.
std::string WayBackUrl(const app::Services& services, const app::SessionView& view);

// continuation.error with status=pending at the end of its query; empty when there is none.
std::string PendingUrl(const domain::Continuation& continuation);

// The session's, or the configured ones when it names none. Both outlive the result.
const std::vector<std::string>& MerchantOrigins(const app::Services& services,
                                                const domain::Session& session);

// Ours first, then the merchant's.
std::vector<std::string> AllowedOrigins(const app::Services& services,
                                        const domain::Session& session);

}  // namespace obolus::http
