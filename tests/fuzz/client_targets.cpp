// Whatever headers a client sends through a proxy, it does not choose its own address.
#include "base/check.h"
#include "fuzz/targets.h"
#include "http/client_address.h"
#include "http/work_json.h"

namespace obolus::fuzz {
namespace {

std::string ClientOf(net::Headers headers, http::ForwardedHeader header) {
  const auto proxies = http::TrustedProxies::Parse({"10.0.0.0/8"}, header);
  net::HttpRequest request;
  request.peer.address = "10.0.0.1";
  request.headers = std::move(headers);
  return proxies->ClientOf(request);
}

}  // namespace

void FuzzClientAddress(std::string_view bytes) {
  const std::string sent(bytes.substr(0, 4096));
  const std::string own = "198.51.100.1";
  for (const auto header :
       {http::ForwardedHeader::kXForwardedFor, http::ForwardedHeader::kForwarded}) {
    const bool standard = header == http::ForwardedHeader::kForwarded;
    const std::string name = standard ? "Forwarded" : "X-Forwarded-For";
    CHECK(http::ReadForwarded({{name, sent}}, header).size() <= 64);
    const std::string added = standard ? "for=" + own : own;
    CHECK(ClientOf({{name, sent}, {name, added}}, header) == own);
    // On one line a quote of the client's may swallow the proxy's word; then the proxy stands in.
    const std::string seen = ClientOf({{name, sent + ", " + added}}, header);
    CHECK(seen == own || (standard && seen == "10.0.0.1"));
  }
  if (const auto address = http::ParseIpAddress(sent)) {
    CHECK(http::ParseIpAddress(http::ToString(*address)) == address);
    CHECK(http::SubscriberOf(sent) == http::SubscriberOf(http::ToString(*address)));
  }
  const auto entry = http::TrustedProxies::Parse({sent}, http::ForwardedHeader::kXForwardedFor);
  CHECK(entry || !entry.error().message.empty());
}

void FuzzWorkProof(std::string_view bytes) {
  const auto proof = base::ParseJson(bytes);
  if (!proof) return;
  base::json::object body;
  body["result"].emplace_object()["proof_of_work"] = *proof;
  std::vector<base::FieldError> faults;
  const auto done = http::ReadWork(body, faults);
  CHECK(!done || (done->seed.size() <= 100 && done->counters.size() <= 32));
  CHECK(done || !faults.empty() || proof->is_null());
}

}  // namespace obolus::fuzz
