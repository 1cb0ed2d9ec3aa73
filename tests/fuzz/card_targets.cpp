#include <algorithm>

#include "app/emv_message.h"
#include "base/encoding.h"
#include "domain/card.h"
#include "domain/co_badges.h"
#include "fuzz/promises.h"
#include "fuzz/request_text.h"
#include "fuzz/targets.h"
#include "vault/guardian_protocol.h"
#include "vault/jwe_envelope.h"

namespace obolus::fuzz {
namespace {

bool AreDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Not a word of what the shopper typed is in what they, and the log, are told.
void CheckCardRefusal(const base::Error& error) {
  CheckRefusal(error);
  CHECK(!HoldsCardNumber(error.message));
  for (const auto& field : error.fields) CHECK(!HoldsCardNumber(field.detail));
}

void CheckMask(const domain::Card& card) {
  const std::string_view number = card.account_number.text();
  CHECK(number.size() >= 12 && number.size() <= 19 && AreDigits(number));
  CHECK(domain::PassesLuhn(number));
  CHECK(card.security_code.size() == domain::CvcLength(card.network) &&
        AreDigits(card.security_code.text()));
  CHECK(card.expiry_month >= 1 && card.expiry_month <= 12);
  CHECK(card.cardholder_name.size() <= 128 && !HoldsCardNumber(card.cardholder_name.text()));
  const domain::MaskedCard masked = domain::Mask(card);
  CHECK(masked.first_six == number.substr(0, 6));
  CHECK(masked.last_four == number.substr(number.size() - 4));
}

}  // namespace

// The plaintext of an envelope, and then the rules of cards.
void FuzzCardEntry(std::string_view bytes) {
  static const domain::CoBadges kCoBadges;
  static const auto kNow = base::ParseTime("2026-11-28T12:00:00Z").value();
  auto entry = vault::ReadCardEntry(bytes);
  if (!entry) return CheckCardRefusal(entry.error());
  const auto card = domain::CheckCard(std::move(*entry), {{}, kCoBadges}, kNow);
  if (!card) return CheckCardRefusal(card.error());
  CheckMask(*card);
}

void FuzzEmvMessage(std::string_view bytes) {
  const auto message = app::ReadEmvMessage(bytes);
  if (!message) return;
  CHECK(bytes.size() <= std::size_t{64} * 1024);
  CHECK(!message->trans_status || message->trans_status->size() == 1);
  CHECK(!message->window_size || message->window_size->size() == 2);
  CHECK(!message->challenge_cancel ||
        (message->challenge_cancel->size() == 2 && AreDigits(*message->challenge_cancel)));
  CHECK(!message->error_code ||
        (message->error_code->size() == 3 && AreDigits(*message->error_code)));
  // Bare or in base64, it says the same.
  if (bytes.size() > 32 * 1024 || !bytes.contains('{')) return;
  CHECK(app::ReadEmvMessage(base::EncodeBase64Url(base::AsBytes(bytes))) == *message);
}

void FuzzCoBadges(std::string_view bytes) {
  const auto rows = domain::ParseCoBadges(bytes);
  if (!rows) {
    CheckRefusal(rows.error(), false);
    CHECK(rows.error().fields.size() <= 10);
    return;
  }
  const domain::CoBadges table(*rows, {domain::CardNetwork::kCartesBancaires});
  for (const auto& row : std::span(*rows).first(std::min<std::size_t>(rows->size(), 32))) {
    CHECK(row.low <= row.high && row.high <= 99'999'999);
    std::string low = std::to_string(row.low);
    low.insert(0, 8 - low.size(), '0');
    const auto networks = table.NetworksOf(low + "00000000");
    CHECK(std::ranges::find(networks, row.network) != networks.end());
  }
}

// An answer is a stored card only when it names a token that may stand in a path, and the card.
void FuzzGuardian(std::string_view bytes) {
  const net::HttpResponse response = ReadResponse(bytes);
  const auto deleted = vault::ReadDeletionReply(response);
  if (!deleted) CheckRefusal(deleted.error());
  const auto reply = vault::ReadTokenReply(response, {"424242", "4242"});
  CHECK(!HoldsCardNumber(reply.detail));
  if (reply.kind != vault::TokenReply::Kind::kStored) {
    CHECK(reply.id.empty());
    return;
  }
  CHECK(vault::IsTokenId(reply.id));
  CHECK(response.status >= 200 && response.status < 300);
  // The last four at least; escapes may stand for digits.
  CHECK(std::ranges::count_if(response.body, [](char c) { return c >= '0' && c <= '9'; }) >= 4);
}

}  // namespace obolus::fuzz
