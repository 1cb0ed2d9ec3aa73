#include "net/http2_stream.h"

#include <algorithm>
#include <cstring>

#include "net/http2_session.h"

namespace obolus::net {

void Http2Stream::Answer(HttpResponse response) {
  if (session_ == nullptr || phase != Phase::kWaiting) return;
  phase = Phase::kAnswered;
  const bool with_body = !request.is_head() && response.status != 204 && response.status != 304;
  const std::size_t size = response.body.size();
  if (with_body) body_ = std::move(response.body);
  session_->SendHead(*this, response, size);
}

bool Http2Stream::StartStream(std::shared_ptr<StreamQueue> queue, HttpResponse head) {
  if (session_ == nullptr || phase != Phase::kWaiting) return false;
  phase = Phase::kAnswered;
  if (session_->stopping()) queue->End();
  if (request.is_head()) {
    queue->Gone();
  } else {
    queue_ = std::move(queue);
    last_ = false;
  }
  session_->SendHead(*this, head, std::nullopt);
  return true;
}

void Http2Stream::Wake() {
  if (session_ != nullptr && queue_) session_->Resume(*this);
}

void Http2Stream::Abort() {
  if (session_ != nullptr) session_->Cancel(*this);
}

void Http2Stream::Detach() {
  session_ = nullptr;
  if (const auto queue = std::exchange(queue_, nullptr)) queue->Gone();
}

void Http2Stream::Retire() {
  if (queue_) queue_->End();
}

void Http2Stream::Take() {
  sent_ = 0;
  last_ = queue_->Take(body_);
  deadline =
      body_.empty() ? std::chrono::steady_clock::time_point::max() : session_->WriteDeadline();
}

std::size_t Http2Stream::TakeBody(std::span<char> space, bool& end) {
  if (sent_ == body_.size() && !last_) Take();
  const std::size_t size = std::min(space.size(), body_.size() - sent_);
  std::memcpy(space.data(), body_.data() + sent_, size);
  sent_ += size;
  if (sent_ == body_.size() && !last_ && size > 0) Take();
  end = sent_ == body_.size() && last_;
  return size;
}

}  // namespace obolus::net
