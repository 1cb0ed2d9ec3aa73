// A responder that keeps what a route answers, for routes without a server. Answers may come from
// another thread.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "net/http_server.h"

namespace obolus::testing {

class CapturedAnswer {
 public:
  net::Responder Responder() { return net::Responder(std::make_unique<Sink>(promise_)); }

  bool WasAnswered() {
    return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  // Waits; status 0 when no answer comes.
  net::HttpResponse Take() {
    if (answer_.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      return {.status = 0, .headers = {}, .body = {}};
    }
    return answer_.get();
  }

 private:
  using Promise = std::shared_ptr<std::promise<net::HttpResponse>>;

  class Sink final : public net::Responder::Sink {
   public:
    explicit Sink(Promise promise) : promise_(std::move(promise)) {}
    void Send(net::HttpResponse response) override { promise_->set_value(std::move(response)); }
    std::shared_ptr<net::ResponseStream> Start(net::HttpResponse head) override {
      promise_->set_value(std::move(head));
      return nullptr;
    }

   private:
    Promise promise_;
  };

  Promise promise_ = std::make_shared<std::promise<net::HttpResponse>>();
  std::future<net::HttpResponse> answer_ = promise_->get_future();
};

}  // namespace obolus::testing
