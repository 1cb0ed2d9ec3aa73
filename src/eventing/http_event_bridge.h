// Delivers events to Commerce's event bridge: CloudEvents 1.0 in binary mode over HTTPS with our
// client certificate (contract §3). One POST an attempt, no redirects; what the answer means for
// the relay is decided here and nowhere else.
#pragma once

#include <memory>
#include <string>

#include "app/ports/event_bridge.h"
#include "net/renewable_client.h"

namespace obolus::eventing {

struct BridgeOptions {
  std::string url;
  std::string source;  // ce-source
  net::ClientOptions client;
};

class HttpEventBridge final : public app::EventBridge {
 public:
  // kInvalid: a TLS file that cannot be read.
  static base::Result<std::unique_ptr<HttpEventBridge>> Make(BridgeOptions options);

  void Deliver(const app::OutboxEvent& event,
               std::move_only_function<void(app::Delivery)> done) override;

  // Goes on with what the files of the client's TLS now hold; deliveries under way end as they
  // began. Errors of net::RenewableClient::Renew.
  base::Status RenewTls() { return client_->Renew(options_.client.tls); }

 private:
  HttpEventBridge(BridgeOptions options, std::unique_ptr<net::RenewableClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  const BridgeOptions options_;
  std::unique_ptr<net::RenewableClient> client_;
};

// What an answer means (contract §3.1). Pure.
app::Delivery Judge(const base::Result<net::HttpResponse>& response);

}  // namespace obolus::eventing
