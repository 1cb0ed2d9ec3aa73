#include "net/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "net/request_rules.h"

namespace obolus::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;

constexpr std::size_t kFirstBuffer = 8 * 1024;
constexpr std::size_t kLeastSpace = 1024;
constexpr std::string_view kChunkedEnd = "0\r\n\r\n";
constexpr std::size_t kMostDigits = 18;           // of a length
constexpr std::size_t kMostReserved = 64 * 1024;  // of a body that is announced, not yet there

// Digits alone, and not so many that a number overflows.
bool IsLength(std::string_view text) {
  return !text.empty() && text.size() <= kMostDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

class MessageParser final : public http::basic_parser<true> {
 public:
  HttpRequest request;
  RequestParser::Refusal refusal;  // status 0: none of ours
  bool expects_continue = false;
  bool http_1_0 = false;
  bool is_head = false;

  MessageParser() { refusal.status = 0; }

 private:
  static std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

  void Refuse(int status, std::string reason, error_code& ec) {
    refusal = {status, std::move(reason), {}};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb method, beast::string_view method_text,
                       beast::string_view target_text, int version, error_code& ec) override {
    if (auto refused = ReadRequestLine(View(method_text), View(target_text), request)) {
      return Refuse(refused->status, std::move(refused->reason), ec);
    }
    http_1_0 = version == 10;
    is_head = method == http::verb::head;
    request.headers.Reserve(16);
  }

  void on_field_impl(http::field name, beast::string_view name_text, beast::string_view value,
                     error_code& ec) override {
    // RFC 9110 §6.5: for those who know what they are for, and here nobody does.
    if (in_body_) return Refuse(400, "trailers are not accepted", ec);
    if (name == http::field::transfer_encoding) {
      if (++codings_ > 1) return Refuse(400, "one transfer-encoding at most", ec);
      if (http_1_0) return Refuse(400, "HTTP/1.0 has no transfer-encoding", ec);
      if (!EqualsIgnoreCase(View(value), "chunked")) {
        return Refuse(501, "only the chunked transfer-encoding is implemented", ec);
      }
    } else if (name == http::field::expect) {
      if (!EqualsIgnoreCase(View(value), "100-continue")) {
        return Refuse(417, "this expectation cannot be met", ec);
      }
      expects_continue = !http_1_0;
    } else if (name == http::field::content_length) {
      if (++lengths_ > 1) return Refuse(400, "one content-length at most", ec);
      if (!IsLength(View(value))) return Refuse(400, "the content-length is malformed", ec);
    } else if (name == http::field::host) {
      if (++hosts_ > 1) return Refuse(400, "one host header at most", ec);
      if (auto refused = CheckHost(View(value), request.target)) {
        return Refuse(refused->status, std::move(refused->reason), ec);
      }
    }
    request.headers.Add(std::string(View(name_text)), std::string(View(value)));
  }

  void on_header_impl(error_code& ec) override {
    in_body_ = true;
    // RFC 9112 §3.2: exactly one Host in HTTP/1.1.
    if (hosts_ == 0 && !http_1_0) return Refuse(400, "a host header is needed", ec);
    if (codings_ > 0 && lengths_ > 0) {
      Refuse(400, "either a content-length or a transfer-encoding", ec);
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) request.body.reserve(std::min<std::size_t>(*length, kMostReserved));
  }
  std::size_t on_body_impl(beast::string_view body, error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }
  // Nobody uses extensions, and programs differ in where one ends.
  void on_chunk_header_impl(std::uint64_t, beast::string_view extension, error_code& ec) override {
    if (!extension.empty()) Refuse(400, "chunk extensions are not accepted", ec);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  bool in_body_ = false;
  int hosts_ = 0;
  int codings_ = 0;
  int lengths_ = 0;
};

}  // namespace

struct RequestParser::Impl {
  std::size_t max_header = 0;
  std::size_t max_body = 0;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<MessageParser> parser;  // absent: between requests
  bool continue_said = false;
  bool keep_alive = false;
  bool http_1_0 = false;
  bool head = false;
  Refusal refusal;

  std::string_view input() const { return {buffer.get() + begin, end - begin}; }

  Step Refuse(int status, std::string reason) {
    refusal = {status, std::move(reason), {}};
    return Step::kRefused;
  }

  Step ParseHeader();
  Step ParseBody();
  Step Wait();
  Step Failed(const error_code& ec, std::string_view fed);
};

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_header = max_header_bytes;
  impl_->max_body = max_body_bytes;
  impl_->capacity = kFirstBuffer;
  impl_->buffer = std::make_unique_for_overwrite<char[]>(kFirstBuffer);
}

RequestParser::~RequestParser() = default;

std::span<char> RequestParser::Space() {
  Impl& me = *impl_;
  if (me.begin == me.end) me.begin = me.end = 0;
  if (me.capacity - me.end < kLeastSpace) {
    const std::size_t size = me.end - me.begin;
    if (me.capacity - size < kLeastSpace) {
      me.capacity *= 2;
      auto larger = std::make_unique_for_overwrite<char[]>(me.capacity);
      std::memcpy(larger.get(), me.buffer.get() + me.begin, size);
      me.buffer = std::move(larger);
    } else {
      std::memmove(me.buffer.get(), me.buffer.get() + me.begin, size);
    }
    me.begin = 0;
    me.end = size;
  }
  return {me.buffer.get() + me.end, me.capacity - me.end};
}

void RequestParser::Commit(std::size_t size) {
  impl_->end += size;
  CHECK(impl_->end <= impl_->capacity);
}

RequestParser::Step RequestParser::Parse() {
  if (impl_->parser) return impl_->ParseBody();
  return impl_->ParseHeader();
}

RequestParser::Step RequestParser::Impl::ParseHeader() {
  // RFC 9112 §2.2: empty lines before a request line are ignored.
  while (input().starts_with("\r\n")) begin += 2;
  const std::string_view bytes = input();
  if (bytes.empty() || bytes == "\r") return Step::kMore;
  if (bytes[0] <= ' ' || bytes[0] >= 0x7f) return Refuse(400, "this is not an HTTP request");

  const std::size_t blank = bytes.find("\r\n\r\n");
  if (blank == std::string_view::npos || blank + 4 > max_header) {
    if (bytes.size() >= max_header) return Refuse(431, "the header is too large");
    const std::size_t line = bytes.find('\n');
    if (line != std::string_view::npos && bytes[line - 1] != '\r') {
      return Refuse(400, "lines must end in CR LF");
    }
    return Step::kMore;
  }
  const std::string_view header = bytes.substr(0, blank + 4);
  if (auto refused = CheckHeaderLines(header)) {
    return Refuse(refused->status, std::move(refused->reason));
  }
  parser.emplace();
  continue_said = false;
  parser->eager(true);
  parser->header_limit(static_cast<std::uint32_t>(max_header));
  parser->body_limit(max_body);
  return ParseBody();
}

RequestParser::Step RequestParser::Impl::ParseBody() {
  const std::string_view fed = input();
  // What is left of a chunked body is never shorter than its end, and Beast asserts that: an end
  // that came as "0\r\n" and then "\r" would end the process.
  if (parser->is_header_done() && parser->chunked() && fed.size() < kChunkedEnd.size()) {
    return Wait();
  }
  error_code ec;
  const std::size_t used = parser->put(boost::asio::const_buffer(fed.data(), fed.size()), ec);
  begin += used;
  if (ec && ec != http::error::need_more) return Failed(ec, fed);
  if (parser->is_done()) {
    keep_alive = parser->keep_alive();
    http_1_0 = parser->http_1_0;
    head = parser->is_head;
    return Step::kComplete;
  }
  // A chunk header or trailer that does not end (bodies never wait in the buffer).
  if (end - begin >= max_header) return Refuse(400, "the chunked body is malformed");
  return Wait();
}

RequestParser::Step RequestParser::Impl::Wait() {
  if (parser->expects_continue && !continue_said && parser->request.body.empty()) {
    continue_said = true;
    return Step::kContinue;
  }
  return Step::kMore;
}

RequestParser::Step RequestParser::Impl::Failed(const error_code& ec, std::string_view fed) {
  if (parser->refusal.status != 0) {
    return Refuse(parser->refusal.status, std::move(parser->refusal.reason));
  }
  if (ec == http::error::body_limit) {
    refusal = {413, "the body is too large", parser->request.path};
    return Step::kRefused;
  }
  if (ec == http::error::header_limit) return Refuse(431, "the header is too large");
  if (ec == http::error::bad_version) {
    const std::string_view line = fed.substr(0, fed.find('\r'));
    const std::size_t version = line.rfind(" HTTP/");
    if (version != std::string_view::npos && version + 9 == line.size() &&
        line[version + 7] == '.') {
      return Refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
  }
  return Refuse(400, ec.message());
}

HttpRequest RequestParser::Take() {
  HttpRequest request = std::move(impl_->parser->request);
  impl_->parser.reset();
  return request;
}

const RequestParser::Refusal& RequestParser::refusal() const {
  return impl_->refusal;
}
bool RequestParser::started() const {
  return impl_->parser || impl_->begin != impl_->end;
}
bool RequestParser::keep_alive() const {
  return impl_->keep_alive;
}
bool RequestParser::http_1_0() const {
  return impl_->http_1_0;
}
bool RequestParser::head() const {
  return impl_->head;
}

}  // namespace obolus::net
