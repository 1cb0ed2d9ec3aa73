// Proofs of work in the client protocol: what a state asks for ("data.proof_of_work") and what a
// submission brings ("result.proof_of_work"). Also whom a submission is counted for. Pure but for
// the seed that is made; called by http/shopper_routes.
#pragma once

#include <optional>
#include <vector>

#include "app/card_testing.h"
#include "app/show_session.h"
#include "base/json.h"
#include "http/exchange.h"

namespace obolus::http {

app::Visitor VisitorOf(const Exchange& exchange);

// Adds data.proof_of_work {algorithm, seed, bits, parts} to a state that has a card to ask for,
// when work is wanted of this visitor.
void AddWork(base::json::object& state, const app::Services& services, const app::SessionView& view,
             const app::Visitor& visitor);

// Of "result"; none when there is no proof. Faults: a seed that is no text of at most 100 bytes,
// counters that are no list of at most 32 whole numbers below 2^32.
std::optional<app::WorkDone> ReadWork(const base::json::value& body,
                                      std::vector<base::FieldError>& faults);

}  // namespace obolus::http
