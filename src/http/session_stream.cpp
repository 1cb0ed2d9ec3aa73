#include "http/session_stream.h"

#include <atomic>
#include <mutex>

#include "app/show_session.h"
#include "http/client_address.h"
#include "http/cors.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

constexpr std::size_t kMaxStreams = 10'000;
constexpr base::Millis kTick{5'000};
constexpr int kTicksPerComment = 3;  // a comment line every 15 s keeps proxies from closing
constexpr int kMaxTicks = 720;

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(const app::Services& services, base::Scheduler& scheduler, std::string key,
         std::shared_ptr<void> counted)
      : services_(services),
        scheduler_(scheduler),
        key_(std::move(key)),
        counted_(std::move(counted)) {}

  void Open(Exchange exchange, const app::SessionView& view) {
    net::HttpResponse head{.status = 200,
                           .headers = {{"Content-Type", "text/event-stream"},
                                       {"Cache-Control", "no-store"},
                                       {"X-Accel-Buffering", "no"}},
                           .body = {}};
    AllowOrigin(head, exchange.request.headers.Find("Origin"),
                AllowedOrigins(services_, view.session));
    const std::weak_ptr<Stream> weak = weak_from_this();
    {
      std::lock_guard lock(mutex_);
      subscription_ = services_.feed.Subscribe(view.session.id, [weak] {
        if (const auto self = weak.lock()) self->Look();
      });
    }
    auto body = exchange.responder.Start(std::move(head));
    {
      std::lock_guard lock(mutex_);
      body_ = body;
    }
    body->OnClosed([self = shared_from_this()] { self->Close(); });
    Write(view);
    ScheduleTick(1);
  }

 private:
  // Reads the state again and sends it when it differs from what was sent last.
  void Look() {
    if (closed_) return;
    app::ShowSession(services_, key_, [weak = weak_from_this()](base::Result<app::SessionView> v) {
      if (const auto self = weak.lock(); self && v) self->Write(*v);
    });
  }

  void Write(const app::SessionView& view) {
    auto state = RenderState(services_, view);
    const std::string text = base::ToText(state);
    state.erase("expires_in");  // passes by itself and is no news
    std::string news = base::ToText(state);
    const bool last = IsLast(view);
    std::unique_lock lock(mutex_);
    if (!body_) return;
    if (news != sent_) {
      sent_ = std::move(news);
      body_->Write("event: state\ndata: " + text + "\n\n");
    }
    const auto body = body_;
    lock.unlock();
    if (last) body->Close();
  }

  static bool IsLast(const app::SessionView& view) {
    const domain::Session& session = view.session;
    if (session.state != domain::SessionState::kCreated) return view.IsEnded() || view.IsExpired();
    return session.voided_after_end ||
           session.commerce_state == domain::CommerceState::kCompleted ||
           session.commerce_state == domain::CommerceState::kFailed;
  }

  void ScheduleTick(int number) {
    scheduler_.After(kTick, [weak = weak_from_this(), number] {
      if (const auto self = weak.lock()) self->Tick(number);
    });
  }

  void Tick(int number) {
    std::shared_ptr<net::ResponseStream> body;
    {
      std::lock_guard lock(mutex_);
      body = body_;
    }
    if (!body) return;
    if (number >= kMaxTicks) return body->Close();
    if (number % kTicksPerComment == 0) body->Write(": still here\n\n");
    Look();
    ScheduleTick(number + 1);
  }

  void Close() {
    closed_ = true;
    std::unique_ptr<app::SessionFeed::Subscription> subscription;
    std::lock_guard lock(mutex_);
    subscription = std::move(subscription_);
    body_.reset();
  }

  const app::Services& services_;
  base::Scheduler& scheduler_;
  const std::string key_;
  const std::shared_ptr<void> counted_;  // among the client's, until this goes
  std::atomic<bool> closed_ = false;
  std::mutex mutex_;
  std::shared_ptr<net::ResponseStream> body_;
  std::unique_ptr<app::SessionFeed::Subscription> subscription_;
  std::string sent_;
};

}  // namespace

void StreamSession(const app::Services& services, base::Scheduler& scheduler,
                   app::RequestLimits* limits, Exchange exchange) {
  std::shared_ptr<void> counted;
  if (limits != nullptr) counted = limits->OpenStream(SubscriberOf(exchange.client_address));
  if (services.feed.size() >= kMaxStreams || (limits != nullptr && !counted)) {
    return exchange.Refuse(
        {base::ErrorCode::kRateLimited, "too many open streams; poll instead", {}, {}});
  }
  const std::string key = exchange.Parameter("session_key");
  auto stream = std::make_shared<Stream>(services, scheduler, key, std::move(counted));
  app::ShowSession(
      services, key,
      [stream, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view) return exchange.Refuse(view.error());
        stream->Open(std::move(exchange), *view);
      });
}

}  // namespace obolus::http
