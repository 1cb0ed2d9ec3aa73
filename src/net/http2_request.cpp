#include "net/http2_request.h"

#include "net/http_server.h"
#include "net/request_rules.h"

namespace obolus::net {
namespace {

constexpr std::size_t kFieldCost = 32;  // RFC 9113 §6.5.2
constexpr std::size_t kUnbearable = 2;  // times the limit

}  // namespace

void Http2Request::Refuse(Refusal refusal) {
  if (refusal_) return;
  refusal_ = std::move(refusal);
  request_ = {};
}

bool Http2Request::AddField(std::string_view name, std::string_view value) {
  head_bytes_ += name.size() + value.size() + kFieldCost;
  if (!refusal_) KeepField(name, value);
  return head_bytes_ <= kUnbearable * limits_.max_header_bytes;
}

void Http2Request::KeepField(std::string_view name, std::string_view value) {
  if (head_bytes_ > limits_.max_header_bytes) {
    return Refuse({431, "the header is too large", {}});
  }
  if (name.starts_with(':')) return AddPseudo(name, value);
  if (++fields_ > kMostFields) return Refuse({431, "the header has too many fields", {}});
  if (name == "cookie") {  // RFC 9113 §8.2.3: in pieces
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
    return;
  }
  if (name == "expect") {
    if (!EqualsIgnoreCase(value, "100-continue")) {
      return Refuse({417, "this expectation cannot be met", {}});
    }
    expects_continue_ = true;
  }
  request_.headers.Add(std::string(name), std::string(value));
}

void Http2Request::AddPseudo(std::string_view name, std::string_view value) {
  if (name == ":method") {
    method_ = value;
  } else if (name == ":path") {
    target_ = value;
  } else if (name == ":authority") {
    authority_ = value;
  }
}

void Http2Request::EndHead() {
  if (refusal_) return;
  is_head_ = method_ == "HEAD";
  if (auto refused = ReadRequestLine(method_, target_, request_)) {
    return Refuse(std::move(*refused));
  }
  // The absolute form is HTTP/1's.
  if (!target_.starts_with('/') && target_ != "*") {
    return Refuse({400, "the request target is malformed", {}});
  }
  if (request_.headers.Count("host") > 1) {
    return Refuse({400, "more than one host header", {}});
  }
  const std::string* host = request_.headers.Find("host");
  if (host != nullptr && !authority_.empty() && !EqualsIgnoreCase(*host, authority_)) {
    return Refuse({400, "the host header is not the :authority", {}});
  }
  if (host == nullptr) request_.headers.Add("host", authority_);
  if (auto refused = CheckHost(*request_.headers.Find("host"), target_)) {
    return Refuse(std::move(*refused));
  }
  if (!cookie_.empty()) request_.headers.Add("cookie", std::move(cookie_));
}

void Http2Request::AddBody(std::string_view piece) {
  if (refusal_) return;
  if (request_.body.size() + piece.size() > limits_.max_body_bytes) {
    return Refuse({413, "the body is too large", std::string(request_.path)});
  }
  request_.body.append(piece);
}

}  // namespace obolus::net
