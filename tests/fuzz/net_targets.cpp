#include <algorithm>

#include "fuzz/promises.h"
#include "fuzz/targets.h"
#include "net/request_parser.h"

namespace obolus::fuzz {
namespace {

constexpr std::size_t kMaxHeaderBytes = 2048;
constexpr std::size_t kMaxBodyBytes = 1024;
constexpr std::size_t kMaxRequests = 16;

// Everything that a connection's bytes turned into.
struct Conversation {
  std::vector<net::HttpRequest> requests;
  int refused = 0;  // status

  bool operator==(const Conversation& other) const {
    const auto same = [](const net::HttpRequest& a, const net::HttpRequest& b) {
      const auto same_header = [](const net::Header& x, const net::Header& y) {
        return x.name == y.name && x.value == y.value;
      };
      return a.method == b.method && a.target == b.target && a.path == b.path &&
             a.query == b.query && a.body == b.body &&
             std::ranges::equal(a.headers, b.headers, same_header);
    };
    return (refused == 0) == (other.refused == 0) &&
           std::ranges::equal(requests, other.requests, same);
  }
};

void CheckRequest(const net::HttpRequest& request) {
  CHECK(request.body.size() <= kMaxBodyBytes);
  CHECK(!request.method.empty() && !request.target.empty());
  CHECK(request.path == "/" || request.target.contains(request.path));
  CHECK(request.path.starts_with('/') || request.path == "*");
  std::size_t head = request.method.size() + request.target.size();
  for (const net::Header& header : request.headers) {
    head += header.name.size() + header.value.size();
    CHECK(!header.name.empty() && header.value.find_first_of("\r\n") == std::string::npos);
    CHECK(header.name.find_first_of(" \t\r\n:") == std::string::npos);
  }
  CHECK(head <= kMaxHeaderBytes);
  // Two framings at once are what smuggling is made of.
  const std::size_t codings = request.headers.Count("Transfer-Encoding");
  CHECK(codings == 0 || (codings == 1 && request.headers.Count("Content-Length") == 0));
}

// `piece`: how many bytes arrive at a time.
Conversation Listen(std::string_view bytes, std::size_t piece) {
  Conversation heard;
  net::RequestParser parser(kMaxHeaderBytes, kMaxBodyBytes);
  while (heard.requests.size() < kMaxRequests) {
    const auto step = parser.Parse();
    if (step == net::RequestParser::Step::kComplete) {
      heard.requests.push_back(parser.Take());
      CheckRequest(heard.requests.back());
    } else if (step == net::RequestParser::Step::kRefused) {
      CHECK(parser.refusal().status >= 400 && parser.refusal().status < 600);
      heard.refused = parser.refusal().status;
      break;
    } else {
      if (bytes.empty()) break;
      const auto space = parser.Space();
      CHECK(!space.empty());
      const std::size_t size = std::min({space.size(), bytes.size(), piece});
      std::ranges::copy(bytes.substr(0, size), space.begin());
      parser.Commit(size);
      bytes.remove_prefix(size);
    }
  }
  return heard;
}

}  // namespace

// How the bytes were cut on their way changes nothing of what they say.
// Empty lines at the end, which no request needs, because a chunked body is not looked at before
// five bytes of it are there.
void FuzzHttpRequest(std::string_view seed) {
  const std::string bytes = std::string(seed) + "\r\n\r\n\r\n\r\n\r\n\r\n";
  const Conversation whole = Listen(bytes, bytes.size() + 1);
  CHECK(whole == Listen(bytes, 1));
  CHECK(whole == Listen(bytes, 7));
}

}  // namespace obolus::fuzz
