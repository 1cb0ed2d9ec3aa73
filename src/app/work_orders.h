// Proofs of work as a shopper's browser gets and returns them: a seed says what is to be solved and
// until when, is signed by us, and is good for one session in one state. So nothing has to be
// stored to check it, on whichever replica, and a solution is of no use for another session, after
// a refused card, or later. Each process remembers the seeds it has seen solved until they expire,
// because a refusal that counts as no attempt leaves the session as it was. Not locked:
// app/card_testing, which makes and checks them, is.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "domain/proof_of_work.h"
#include "domain/session.h"

namespace obolus::app {

struct WorkToDo {
  domain::WorkOrder order;
  std::string seed;
};

struct WorkDone {
  std::string seed;
  std::vector<std::uint32_t> counters;
};

class WorkOrders {
 public:
  // `key` 32 bytes; replicas share it.
  explicit WorkOrders(base::SecretBytes key) : key_(std::move(key)) {}

  // Good for two minutes.
  WorkToDo Make(const domain::Session& session, const domain::WorkOrder& order, base::IdSource& ids,
                base::Timestamp now) const;

  // True once, for what was made for this session as it is now, has not expired and is solved. The
  // signature is compared in constant time, and nothing is computed before it is right.
  bool Accept(const domain::Session& session, const WorkDone& done, base::Timestamp now);

 private:
  // False: it was seen, or there are more than can be remembered.
  bool Remember(std::uint64_t nonce, base::Timestamp now);

  base::SecretBytes key_;
  // Seeds that were accepted, of the current and the previous span of their lifetime.
  std::unordered_set<std::uint64_t> seen_, seen_before_;
  base::Timestamp turned_at_;
};

}  // namespace obolus::app
