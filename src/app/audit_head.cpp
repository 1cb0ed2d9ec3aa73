#include "app/audit_head.h"

#include <algorithm>

namespace obolus::app {
namespace {

constexpr std::size_t kDigits = 20;

std::string Padded(const base::ChainHead& head) {
  std::string digits = std::to_string(head.sequence);
  digits.insert(0, kDigits - digits.size(), ' ');
  return digits + ":" + base::EncodeHex(head.hash);
}

}  // namespace

std::string WriteAuditHead(base::ByteView key, const base::ChainHead& head) {
  const std::string text = Padded(head);
  return text + " " + base::EncodeHex(base::HmacSha256(key, base::AsBytes("head:" + text))) + "\n";
}

base::Result<base::ChainHead> ReadAuditHead(base::ByteView key, std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t space = std::min(text.find(' ', start), text.size());
  const auto head = base::ParseChainHead(text.substr(start, space - start));
  if (!head || text.substr(0, space) != Padded(*head)) {
    return base::Fail(base::ErrorCode::kMalformed, "cannot be read");
  }
  if (!key.empty() && WriteAuditHead(key, *head) != text) {
    return base::Fail(base::ErrorCode::kForbidden, "the HMAC does not match: it was changed");
  }
  return head;
}

}  // namespace obolus::app
