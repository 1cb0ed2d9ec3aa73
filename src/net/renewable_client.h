// An HttpClient that can be given other certificates while it is used: new requests go out by the
// newest, those under way end where they began. Clients that are no longer the newest go when
// nothing is under way in them. Used by eventing and vault; any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "net/http_client.h"

namespace obolus::net {

class RenewableClient {
 public:
  // Errors of HttpClient::Make.
  static base::Result<std::unique_ptr<RenewableClient>> Make(ClientOptions options);
  ~RenewableClient();  // as of HttpClient; not on a thread of its own

  // As of HttpClient.
  void Send(ClientRequest request, base::Done<HttpResponse> done);

  // Reads the files of `tls` and goes on with them; everything else stays. Errors of
  // HttpClient::Make, which leave everything as it was. Not from within a `done`.
  base::Status Renew(const ClientTls& tls);

 private:
  struct Lease;
  // One of the clients, and how much is under way in it.
  struct Entry {
    std::unique_ptr<HttpClient> client;
    std::shared_ptr<std::atomic<std::size_t>> under_way;
  };

  explicit RenewableClient(ClientOptions options) : options_(std::move(options)) {}
  std::vector<Entry> TakeIdle();  // under mutex_; to be destroyed without it

  std::mutex mutex_;
  ClientOptions options_;
  std::vector<Entry> entries_;  // the newest last
};

}  // namespace obolus::net
