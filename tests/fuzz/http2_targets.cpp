#include <thread>

#include "fuzz/promises.h"
#include "fuzz/targets.h"
#include "net/http2_session.h"

namespace obolus::fuzz {
namespace {

constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr std::size_t kPiece = 37;  // bytes that arrive at a time, so that frames are cut
constexpr std::size_t kMostBytesOut = std::size_t{1} << 20;

std::shared_ptr<net::ServerCore> NewCore() {
  auto core = std::make_shared<net::ServerCore>();
  core->options.limits.max_header_bytes = 2048;
  core->options.limits.max_body_bytes = 1024;
  return core;
}

// Answers what came, as a connection would.
void Serve(net::Http2Session& session, const net::ServerLimits& limits, std::size_t* served) {
  for (const auto& stream : session.TakeRequests()) {
    ++*served;
    net::HttpResponse response{.status = 200, .headers = {{"X-Fuzz", "1"}}, .body = "taken"};
    if (const auto& refusal = stream->request.refusal()) {
      CHECK(refusal->status >= 400 && refusal->status < 600 && !refusal->reason.empty());
      response.status = refusal->status;
    } else {
      const net::HttpRequest request = stream->request.Take();
      CHECK(!request.method.empty() && !request.target.empty());
      CHECK(request.path.starts_with('/') || request.path == "*");
      CHECK(request.body.size() <= limits.max_body_bytes);
      for (const net::Header& header : request.headers) {
        CHECK(!header.name.empty() && header.name.front() != ':');
        CHECK(header.value.find_first_of("\r\n") == std::string::npos);
      }
    }
    stream->Answer(std::move(response));
  }
}

}  // namespace

// What follows the client's preface and first SETTINGS. However odd it is, what goes out is
// bounded, no more requests come than streams may be open for each byte that opens one, and an hour
// later the session has ended.
void FuzzHttp2(std::string_view bytes) {
  static net::asio::io_context loop(1);
  static const auto core = NewCore();
  const auto lane = std::make_shared<net::Lane>(core, loop, std::this_thread::get_id());
  net::Http2Session session(*lane, [] {});
  std::size_t served = 0;
  std::size_t sent = 0;
  std::string out;
  const auto turn = [&] {
    Serve(session, core->options.limits, &served);
    for (int writes = 0; writes < 16 && !session.Finished(); ++writes) {
      session.Produce(out);
      if (out.empty()) break;
      sent += out.size();
    }
    CHECK(sent <= kMostBytesOut);
  };
  session.Receive(kPreface);
  turn();
  for (; !bytes.empty() && !session.Finished(); turn()) {
    session.Receive(bytes.substr(0, kPiece));
    bytes.remove_prefix(std::min(kPiece, bytes.size()));
  }
  session.Drain();
  for (int hours = 1; hours < 4 && !session.Finished(); ++hours) {
    session.Sweep(std::chrono::steady_clock::now() + std::chrono::hours(hours));
    turn();
  }
  CHECK(session.Finished());
}

}  // namespace obolus::fuzz
