#include "storage/notice_text.h"

#include <algorithm>

#include "base/encoding.h"

namespace obolus::storage {
namespace {

constexpr std::size_t kMaxText = 7'999;
constexpr std::size_t kIdChars = 22;  // base64url of 16 bytes

std::string Encode(const base::Uuid& id) {
  return base::EncodeBase64Url(id.bytes);
}

std::optional<base::Uuid> Decode(std::string_view text) {
  const auto bytes = base::DecodeBase64Url(text);
  base::Uuid id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, id.bytes.begin());
  return id;
}

}  // namespace

// "<store> <events: 0 or 1> <session><session>..."
std::string ToNoticeText(const SharedNotice& notice) {
  std::vector<base::Uuid> sessions = notice.sessions;
  std::ranges::sort(sessions);
  const auto repeated = std::ranges::unique(sessions);
  sessions.erase(repeated.begin(), repeated.end());
  std::string text = Encode(notice.store) + (notice.events ? " 1 " : " 0 ");
  if (text.size() + sessions.size() * kIdChars > kMaxText) return text;
  for (const base::Uuid& id : sessions) text += Encode(id);
  return text;
}

std::optional<SharedNotice> ParseNoticeText(std::string_view text) {
  constexpr std::size_t kHead = kIdChars + 3;
  if (text.size() < kHead || (text.size() - kHead) % kIdChars != 0) return std::nullopt;
  const std::string_view events = text.substr(kIdChars, 3);
  const auto store = Decode(text.substr(0, kIdChars));
  if (!store || (events != " 0 " && events != " 1 ")) return std::nullopt;
  SharedNotice notice{*store, {}, events == " 1 "};
  for (std::size_t at = kHead; at < text.size(); at += kIdChars) {
    const auto id = Decode(text.substr(at, kIdChars));
    if (!id) return std::nullopt;
    notice.sessions.push_back(*id);
  }
  return notice;
}

}  // namespace obolus::storage
