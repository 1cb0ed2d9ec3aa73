#include "net/address_limit.h"

namespace obolus::net {
namespace {

constexpr std::size_t kSubscriberBytes = 8;  // /64

std::string KeyOf(const asio::ip::address& address) {
  if (address.is_v4() || address.to_v6().is_v4_mapped()) return AddressText(address);
  const auto bytes = address.to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), kSubscriberBytes};
}

}  // namespace

std::string AddressText(const asio::ip::address& address) {
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  return mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
                : address.to_string();
}

std::unique_ptr<AddressLimit::Ticket> AddressLimit::Enter(const asio::ip::address& address) {
  std::string key = KeyOf(address);
  auto ticket = std::make_unique<Ticket>(counts_, key);
  bool entered = false;
  {
    const std::lock_guard lock(counts_->mutex);
    std::size_t& count = counts_->by_address[std::move(key)];
    entered = count < most_;
    ++count;  // the ticket takes it back, also now
  }
  return entered ? std::move(ticket) : nullptr;
}

AddressLimit::Ticket::~Ticket() {
  const std::lock_guard lock(counts_->mutex);
  const auto found = counts_->by_address.find(key_);
  if (found != counts_->by_address.end() && --found->second == 0) {
    counts_->by_address.erase(found);
  }
}

}  // namespace obolus::net
