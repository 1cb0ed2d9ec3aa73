// The bytes of a POST /sessions in, and those of answers out, one function at a time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "http/session_request.h"
#include "net/request_parser.h"
#include "net/response_head.h"

namespace {

using namespace obolus;  // NOLINT: a program of its own

constexpr char kBody[] =
    R"({"type":"payment","payment":{"amount":4450,"currency_code":"EUR","order_id":"agora-1"},)"
    R"("continuation":{"success":"http://localhost/paid","error":"http://localhost/failed"}})";

void ParseRequest(benchmark::State& state) {
  const std::string bytes =
      "POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nContent-Type: "
      "application/json\r\nx-api-key: 3q2-7wYhPqZ1mJx9LdKcVbNeRtUiOpAs\r\n"
      "Content-Length: " +
      std::to_string(sizeof kBody - 1) + "\r\n\r\n" + kBody;
  net::RequestParser parser(16 * 1024, 256 * 1024);
  for (auto _ : state) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::span<char> space = parser.Space();
      const std::size_t size = std::min(space.size(), rest.size());
      std::memcpy(space.data(), rest.data(), size);
      parser.Commit(size);
      rest.remove_prefix(size);
    }
    if (parser.Parse() != net::RequestParser::Step::kComplete) state.SkipWithError("refused");
    benchmark::DoNotOptimize(parser.Take());
  }
}
BENCHMARK(ParseRequest)->Name("HTTP request, parsed");

void ParseBody(benchmark::State& state) {
  http::SessionRequestRules rules;
  rules.http_policy = base::HttpPolicy::kHttpOnLoopback;
  for (auto _ : state) {
    const auto command = http::ParseOpenSession(kBody, std::nullopt, rules);
    if (!command) state.SkipWithError("refused");
    benchmark::DoNotOptimize(command);
  }
}
BENCHMARK(ParseBody)->Name("ParseOpenSession");

void WriteAnswer(benchmark::State& state) {
  net::HttpResponse response{.status = 201, .headers = {}, .body = {}};
  response.headers.Add("content-type", "application/json");
  response.headers.Add("cache-control", "no-store");
  response.body = R"({"session_key":"pay_AaIHWYKjQAC2K9Pt-uurrLfygdtP4Yl0LJRazxhqD6NFOE46","term)"
                  R"(inal_id":"01a20759-82a3-4000-b62b-d3edfaebabac","expires_at":"2026-11-23T07)"
                  R"(:55:36.387Z","expires_in":900})";
  const std::string date = net::FormatHttpDate(1'795'420'000);
  std::string out;
  for (auto _ : state) {
    out.clear();
    net::AppendResponse(response, {}, date, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(WriteAnswer)->Name("HTTP answer, written");

}  // namespace
