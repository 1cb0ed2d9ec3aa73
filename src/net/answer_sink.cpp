#include "net/answer_sink.h"

#include <new>
#include <utility>

#include "net/response_stream.h"

namespace obolus::net {
namespace {

class AnswerSink final : public Responder::Sink {
 public:
  AnswerSink(std::weak_ptr<Exchange> exchange, std::shared_ptr<Lane> lane,
             std::shared_ptr<ExchangeState> state)
      : exchange_(std::move(exchange)), lane_(std::move(lane)), state_(std::move(state)) {
    state_->unanswered.fetch_add(1, std::memory_order_relaxed);
  }
  ~AnswerSink() override { Leave(); }
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;

  void Send(HttpResponse response) override {
    OrGiveUp([&] { SendTo(std::move(response)); });
  }

  std::shared_ptr<ResponseStream> Start(HttpResponse head) override {
    std::shared_ptr<ResponseStream> handle;
    OrGiveUp([&] { handle = Begin(std::move(head)); });
    return handle;
  }

  void Cut() override {
    lane_->Post([exchange = std::move(exchange_)] {
      if (const auto strong = exchange.lock()) strong->Abort();
    });
  }

 private:
  template <class F>
  void OrGiveUp(F answer) {
    Leave();
    try {
      answer();
    } catch (const std::bad_alloc&) {
      state_->lost = true;
      throw;
    }
  }

  void SendTo(HttpResponse response) {
    if (lane_->OnThread()) {
      if (const auto exchange = exchange_.lock()) exchange->Answer(std::move(response));
      return;
    }
    lane_->Post([exchange = std::move(exchange_), response = std::move(response)]() mutable {
      if (const auto strong = exchange.lock()) strong->Answer(std::move(response));
    });
  }

  std::shared_ptr<ResponseStream> Begin(HttpResponse head) {
    auto queue = std::make_shared<StreamQueue>(exchange_, lane_);
    auto handle = MakeStreamHandle(queue);
    if (lane_->OnThread()) {
      StartOn(exchange_, queue, std::move(head));
      return handle;
    }
    const bool posted =
        lane_->Post([exchange = exchange_, queue, head = std::move(head)]() mutable {
          StartOn(exchange, queue, std::move(head));
        });
    if (!posted) queue->Gone();
    return handle;
  }

  // Before the client has the answer, or its next request might find no place.
  void Leave() {
    if (std::exchange(left_, true)) return;
    lane_->core().unanswered.fetch_sub(1, std::memory_order_relaxed);
    state_->unanswered.fetch_sub(1, std::memory_order_relaxed);
  }
  static void StartOn(const std::weak_ptr<Exchange>& exchange,
                      const std::shared_ptr<StreamQueue>& queue, HttpResponse head) {
    const auto strong = exchange.lock();
    if (!strong || !strong->StartStream(queue, std::move(head))) queue->Gone();
  }

  std::weak_ptr<Exchange> exchange_;
  const std::shared_ptr<Lane> lane_;
  const std::shared_ptr<ExchangeState> state_;
  bool left_ = false;
};

}  // namespace

std::unique_ptr<Responder::Sink> MakeAnswerSink(std::weak_ptr<Exchange> exchange,
                                                std::shared_ptr<Lane> lane,
                                                std::shared_ptr<ExchangeState> state) {
  ServerCore& core = lane->core();
  try {
    return std::make_unique<AnswerSink>(std::move(exchange), std::move(lane), std::move(state));
  } catch (const std::bad_alloc&) {
    core.unanswered.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
}

}  // namespace obolus::net
