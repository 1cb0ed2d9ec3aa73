#include "vault/transient_codes.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "base/check.h"
#include "base/crypto.h"

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Result;
using base::SecretBytes;
using base::Uuid;

constexpr std::size_t kLongestCode = 7;              // digits; networks use 3 or 4
constexpr std::size_t kSlotSize = kLongestCode + 1;  // its length first

// Not the place of the card, so that neither can stand in for the other.
RecordPlace PlaceOf(Uuid card_id, const Uuid& session_id) {
  for (std::uint8_t& byte : card_id.bytes) byte ^= 0x5a;
  return {card_id, session_id};
}

}  // namespace

struct TransientCodes::Table {
  explicit Table(std::size_t most, base::Metrics& metrics)
      : slots(SecretBytes::OfSize(most * kSlotSize)),
        held(metrics.AddGauge("obolus_security_codes_held",
                              "Security codes in memory that wait for their forward call.")),
        taken(Ended(metrics, "used")),
        dropped(Ended(metrics, "dropped")),
        aged(Ended(metrics, "too_old")),
        pushed_out(Ended(metrics, "pushed_out")) {
    for (std::size_t slot = most; slot > 0; --slot) free.push_back(slot - 1);
  }

  static base::Counter Ended(base::Metrics& metrics, const char* how) {
    return metrics.AddCounter("obolus_security_codes_ended_total",
                              "Security codes that were overwritten, by why.", {{"how", how}});
  }

  struct Entry {
    Uuid session_id;
    std::size_t slot = 0;
    std::uint64_t order = 0;
    base::Timestamp until;
  };
  using Entries = std::unordered_map<Uuid, Entry>;

  std::uint8_t* SlotOf(const Entry& entry) { return slots.data() + entry.slot * kSlotSize; }

  void Remove(Entries::iterator entry, const base::Counter& how) {
    base::WipeMemory(SlotOf(entry->second), kSlotSize);
    free.push_back(entry->second.slot);
    const auto [first, last] = by_session.equal_range(entry->second.session_id);
    by_session.erase(
        std::find_if(first, last, [&](const auto& of) { return of.second == entry->first; }));
    oldest.erase(entry->second.order);
    entries.erase(entry);
    how.Add();
    held.Set(static_cast<double>(entries.size()));
  }

  void DropOld(base::Timestamp now) {
    const std::lock_guard lock(mutex);
    while (!oldest.empty()) {
      const auto entry = entries.find(oldest.begin()->second);
      if (entry->second.until > now) return;
      Remove(entry, aged);
    }
  }

  mutable std::mutex mutex;  // for all below
  SecretBytes slots;
  std::vector<std::size_t> free;
  Entries entries;  // by card
  // Its cards: of two that come at once either may be the one that is accepted.
  std::unordered_multimap<Uuid, Uuid> by_session;
  std::map<std::uint64_t, Uuid> oldest;  // by order of coming: all live equally long
  std::uint64_t next_order = 0;
  bool armed = false;
  const base::Gauge held;
  const base::Counter taken, dropped, aged, pushed_out;
};

TransientCodes::TransientCodes(TransientCodeOptions options, const Keychain& keys,
                               base::Scheduler& scheduler, const base::Clock& clock,
                               base::Metrics& metrics)
    : options_(options),
      keys_(keys),
      scheduler_(scheduler),
      clock_(clock),
      table_(std::make_shared<Table>(std::max<std::size_t>(options.most, 1), metrics)) {}

TransientCodes::~TransientCodes() {
  DropAll();
}

std::optional<app::SealedCard> TransientCodes::Keep(const Uuid& card_id, const Uuid& session_id,
                                                    SecretBytes code) {
  if (code.empty() || code.size() > kLongestCode || options_.kept_for <= base::Millis(0)) {
    return std::nullopt;
  }
  if (options_.shared) return Seal(card_id, session_id, code);
  {
    Table& table = *table_;
    const std::lock_guard lock(table.mutex);
    if (const auto same = table.entries.find(card_id); same != table.entries.end()) {
      table.Remove(same, table.dropped);
    }
    if (table.free.empty()) {
      table.Remove(table.entries.find(table.oldest.begin()->second), table.pushed_out);
    }
    const Table::Entry entry{session_id, table.free.back(), table.next_order++,
                             clock_.Now() + options_.kept_for};
    table.free.pop_back();
    std::uint8_t* slot = table.SlotOf(entry);
    slot[0] = static_cast<std::uint8_t>(code.size());
    std::memcpy(slot + 1, code.data(), code.size());
    table.entries.emplace(card_id, entry);
    table.by_session.emplace(session_id, card_id);
    table.oldest.emplace(entry.order, card_id);
    table.held.Set(static_cast<double>(table.entries.size()));
  }
  Arm();
  return std::nullopt;
}

// One task at a time, for the one that ends first.
void TransientCodes::Arm() {
  base::Millis delay{};
  {
    const std::lock_guard lock(table_->mutex);
    if (table_->armed || table_->oldest.empty()) return;
    table_->armed = true;
    const auto& first = table_->entries.at(table_->oldest.begin()->second);
    delay = std::clamp(first.until - clock_.Now(), base::Millis(10), options_.kept_for);
  }
  scheduler_.After(delay, [this, weak = std::weak_ptr(table_)] {
    const auto table = weak.lock();
    if (!table) return;
    {
      const std::lock_guard lock(table->mutex);
      table->armed = false;
    }
    DropOld();
    Arm();
  });
}

std::optional<SecretBytes> TransientCodes::Take(const Uuid& card_id) {
  Table& table = *table_;
  const std::lock_guard lock(table.mutex);
  const auto found = table.entries.find(card_id);
  if (found == table.entries.end()) return std::nullopt;
  if (found->second.until <= clock_.Now()) {
    table.Remove(found, table.aged);
    return std::nullopt;
  }
  const std::uint8_t* slot = table.SlotOf(found->second);
  SecretBytes code(base::ByteView(slot + 1, slot[0]));
  table.Remove(found, table.taken);
  return code;
}

bool TransientCodes::HasCard(const Uuid& card_id) const {
  const std::lock_guard lock(table_->mutex);
  return table_->entries.contains(card_id);
}

bool TransientCodes::HasSession(const Uuid& session_id) const {
  const std::lock_guard lock(table_->mutex);
  return table_->by_session.contains(session_id);
}

void TransientCodes::DropCard(const Uuid& card_id) {
  const std::lock_guard lock(table_->mutex);
  const auto found = table_->entries.find(card_id);
  if (found != table_->entries.end()) table_->Remove(found, table_->dropped);
}

void TransientCodes::DropSession(const Uuid& session_id) {
  const std::lock_guard lock(table_->mutex);
  while (true) {
    const auto found = table_->by_session.find(session_id);
    if (found == table_->by_session.end()) return;
    table_->Remove(table_->entries.find(found->second), table_->dropped);
  }
}

std::size_t TransientCodes::size() const {
  const std::lock_guard lock(table_->mutex);
  return table_->entries.size();
}

void TransientCodes::DropOld() {
  table_->DropOld(clock_.Now());
}

void TransientCodes::DropAll() {
  const std::lock_guard lock(table_->mutex);
  while (!table_->entries.empty()) table_->Remove(table_->entries.begin(), table_->dropped);
}

app::SealedCard TransientCodes::Seal(const Uuid& card_id, const Uuid& session_id,
                                     const SecretBytes& code) const {
  const auto ring = keys_.ring();
  const KeyEncryptionKey& wrapping = ring->CurrentKeyEncryptionKey();
  SecretBytes record_key = SecretBytes::OfSize(kRecordKeySize);
  base::FillRandom({record_key.data(), record_key.size()});
  const RecordPlace place = PlaceOf(card_id, session_id);
  return {.id = card_id,
          .session_id = session_id,
          .key_id = wrapping.id,
          .wrapped_key = seal_.WrapKey(wrapping.key.view(), record_key.view(), place),
          .ciphertext = seal_.SealCard(record_key.view(), code.view(), place),
          .valid_until = clock_.Now() + options_.kept_for};
}

Result<SecretBytes> TransientCodes::Open(const app::SealedCard& shared) const {
  if (clock_.Now() >= shared.valid_until) {
    return Fail(ErrorCode::kExpired, "the security code's time is over");
  }
  const auto ring = keys_.ring();
  const KeyEncryptionKey* wrapping = ring->FindKeyEncryptionKey(shared.key_id);
  if (wrapping == nullptr) {
    return Fail(ErrorCode::kNotFound, "no key-encryption key " + shared.key_id);
  }
  const RecordPlace place = PlaceOf(shared.id, shared.session_id);
  const Result<SecretBytes> key = UnwrapRecordKey(wrapping->key.view(), shared.wrapped_key, place);
  if (key) {
    auto code = OpenSealedCard(key->view(), shared.ciphertext, place);
    if (code) return code;
  }
  return Fail(ErrorCode::kMalformed, "the sealed record holds no security code");
}

}  // namespace obolus::vault
