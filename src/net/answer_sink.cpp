#include "net/answer_sink.h"

#include <atomic>
#include <new>
#include <utility>

#include "net/http_connection.h"

namespace obolus::net {
namespace {

class AnswerSink final : public Responder::Sink {
 public:
  AnswerSink(std::weak_ptr<Connection> connection, std::shared_ptr<Lane> lane,
             std::shared_ptr<std::atomic<bool>> lost)
      : connection_(std::move(connection)), lane_(std::move(lane)), lost_(std::move(lost)) {}
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
    lane_->Post([connection = std::move(connection_)] {
      if (const auto strong = connection.lock()) strong->Abort();
    });
  }

 private:
  template <class F>
  void OrGiveUp(F answer) {
    Leave();
    try {
      answer();
    } catch (const std::bad_alloc&) {
      *lost_ = true;
      throw;
    }
  }

  void SendTo(HttpResponse response) {
    if (lane_->OnThread()) {
      if (const auto connection = connection_.lock()) connection->Answer(std::move(response));
      return;
    }
    lane_->Post([connection = std::move(connection_), response = std::move(response)]() mutable {
      if (const auto strong = connection.lock()) strong->Answer(std::move(response));
    });
  }

  std::shared_ptr<ResponseStream> Begin(HttpResponse head) {
    auto queue = std::make_shared<StreamQueue>(connection_, lane_);
    auto handle = MakeStreamHandle(queue);
    if (lane_->OnThread()) {
      StartOn(connection_, queue, std::move(head));
      return handle;
    }
    const bool posted =
        lane_->Post([connection = connection_, queue, head = std::move(head)]() mutable {
          StartOn(connection, queue, std::move(head));
        });
    if (!posted) queue->Gone();
    return handle;
  }

  // Before the client has the answer, or its next request might find no place.
  void Leave() {
    if (!std::exchange(left_, true)) {
      lane_->core().unanswered.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  static void StartOn(const std::weak_ptr<Connection>& connection,
                      const std::shared_ptr<StreamQueue>& queue, HttpResponse head) {
    const auto strong = connection.lock();
    if (!strong || !strong->StartStream(queue, std::move(head))) queue->Gone();
  }

  std::weak_ptr<Connection> connection_;
  const std::shared_ptr<Lane> lane_;
  const std::shared_ptr<std::atomic<bool>> lost_;
  bool left_ = false;
};

}  // namespace

std::unique_ptr<Responder::Sink> MakeAnswerSink(std::weak_ptr<Connection> connection,
                                                std::shared_ptr<Lane> lane,
                                                std::shared_ptr<std::atomic<bool>> lost) {
  ServerCore& core = lane->core();
  try {
    return std::make_unique<AnswerSink>(std::move(connection), std::move(lane), std::move(lost));
  } catch (const std::bad_alloc&) {
    core.unanswered.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
}

}  // namespace obolus::net
