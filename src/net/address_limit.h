// How many connections each client address has open on one server, so that one of them cannot take
// the places of all others. An address is an IPv4 address or an IPv6 /64, which is what one
// subscriber gets. Used by http_server when it accepts; tickets go with their connections, on any
// thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/asio_types.h"

namespace obolus::net {

// As text: of an IPv4 address in IPv6's clothes, the IPv4 address.
std::string AddressText(const asio::ip::address& address);

class AddressLimit {
 public:
  // Gives its place back when it goes. Outlives nothing: it holds the counts itself.
  class Ticket;

  explicit AddressLimit(std::size_t most) : most_(most), counts_(std::make_shared<Counts>()) {}

  // Null: that address has as many as one may.
  std::unique_ptr<Ticket> Enter(const asio::ip::address& address);

 private:
  struct Counts {
    std::mutex mutex;
    std::map<std::string, std::size_t> by_address;  // under mutex; never 0
  };

  const std::size_t most_;
  const std::shared_ptr<Counts> counts_;
};

class AddressLimit::Ticket {
 public:
  Ticket(std::shared_ptr<Counts> counts, std::string key)
      : counts_(std::move(counts)), key_(std::move(key)) {}
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

 private:
  const std::shared_ptr<Counts> counts_;
  const std::string key_;
};

}  // namespace obolus::net
