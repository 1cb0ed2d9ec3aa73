// Sessions and events for tests of stores: valid, distinct, and filled in to the last member where
// a test wants to see everything come back. One `Samples` per test; one thread.
#pragma once

#include <chrono>
#include <string>

#include "app/ports/store.h"

namespace obolus::contract {

class Samples {
 public:
  // 2026-11-22T00:00:00Z; `Now` never moves by itself.
  base::Timestamp Now() const { return now_; }
  void Advance(base::Millis by) { now_ += by; }

  // Time-ordered: each is greater than those before.
  base::Uuid NewId() {
    base::Uuid id;
    ++last_id_;
    for (std::size_t i = 0; i < 8; ++i) {
      id.bytes[7 - i] = static_cast<std::uint8_t>(last_id_ >> (8 * i));
    }
    id.bytes[15] = 1;
    return id;
  }

  // Open for 15 minutes, with a minted terminal.
  domain::Session NewPayment() {
    domain::Session session;
    session.id = NewId();
    session.terminal_id = session.id;
    session.created_at = now_;
    session.expires_at = now_ + std::chrono::minutes(15);
    return session;
  }
  domain::Session NewPayment(const base::Uuid& terminal_id) {
    domain::Session session = NewPayment();
    session.terminal_id = terminal_id;
    return session;
  }
  domain::Session NewTds(const base::Uuid& payment_terminal_id) {
    domain::Session session = NewPayment();
    session.kind = domain::SessionKind::kTds;
    session.payment_terminal_id = payment_terminal_id;
    return session;
  }
  // The next version of a session, ended now.
  domain::Session Ended(domain::Session session) const {
    ++session.version;
    session.state = domain::SessionState::kExpired;
    session.ended_at = now_;
    return session;
  }

  // Every member of a payment session has a value.
  domain::Session FullPayment() {
    domain::Session session = NewPayment(NewId());
    session.state = domain::SessionState::kCreated;
    session.version = 7;
    session.ended_at = now_ + base::Millis(1234);
    session.continuation = {"https://shop.example/ok?a=1&b=\"2\"", "https://shop.example/error"};
    session.payment = {"pay-1", 4200, "EUR", "order \\ \n\t\x01 \xc3\xa4", "customer-1", true};
    session.merchant = {"Shop & S\xc3\xb6hne", {"https://a.example", "https://b.example"}};
    session.allowed_networks = {domain::CardNetwork::kVisa, domain::CardNetwork::kAmericanExpress};
    session.locale = "de-DE";
    session.retries = {.max_attempts = 0,
                       .cool_downs = std::vector{std::chrono::seconds(0), std::chrono::seconds(9)}};
    session.attempts = 3;
    session.refused_at = now_ - std::chrono::seconds(3);
    session.lease_until = now_ + std::chrono::seconds(30);
    session.submit_digest.emplace();
    session.submit_digest->fill(0xa5);
    session.card_session = domain::CardSession{
        .id = "card-1",
        .provider = "embedded",
        .tds_return_url = "https://localhost/3ds/return/x",
        .valid_until = now_ + std::chrono::hours(1),
        .card = {"A. N. Other", domain::CardNetwork::kMastercard, 12, 2030, "555555", "4444"}};
    session.failure = domain::FailureCode::kChallengeFailed;
    session.commerce_state = domain::CommerceState::kFailed;
    session.returned_at = now_ + base::Millis(7);
    session.voided_after_end = true;
    session.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    session.request_id = "request-1";
    return session;
  }

  // Every member has a value.
  domain::TimelineEntry FullEntry(const base::Uuid& session_id) const {
    domain::TimelineEntry entry;
    entry.session_id = session_id;
    entry.at = now_;
    entry.cause = {domain::Side::kCommerce, "0af7651916cd43dd8448eb211c80319c", "request-1"};
    entry.what = "expire";
    entry.from = domain::SessionState::kChallenged;
    entry.to = domain::SessionState::kExpired;
    entry.event = domain::OutboundEvent::kTdsResult;
    entry.changed = true;
    entry.details = {{"ce_id", "a \"quoted\" \n\x01 \xc3\xa4"}, {"result", "FAILED"}};
    return entry;
  }

  // Pending, due now.
  app::OutboxEvent NewEvent(const base::Uuid& session_id) {
    app::OutboxEvent event;
    event.id = NewId();
    event.session_id = session_id;
    event.type = "CardSessionCreated";
    event.subject = "subject";
    event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    event.request_id = "commerce-1";
    event.time = now_;
    event.body = std::string("{\"bytes\":\"\0\xff\"}", 14);
    event.due_at = now_;
    event.first_due_at = now_;
    return event;
  }

  app::ReceivedEvent NewReceived(const std::string& id, std::vector<base::Uuid> subjects) const {
    app::ReceivedEvent event;
    event.source = "commerce";
    event.id = id;
    event.type = "SessionVoided";
    event.subjects = std::move(subjects);
    event.data = "{\"a\":1}";
    event.received_at = now_;
    return event;
  }

  app::IdempotentAnswer NewAnswer(const std::string& scope, const std::string& key) const {
    app::IdempotentAnswer answer;
    answer.scope = scope;
    answer.key = key;
    answer.request_digest.fill(0x5a);
    answer.status = 201;
    answer.body = "{\"session_key\":\"pay_x\"}";
    answer.created_at = now_;
    return answer;
  }

  app::SealedCard NewCard(const base::Uuid& session_id) {
    return {.id = NewId(),
            .session_id = session_id,
            .key_id = "k1",
            .wrapped_key = std::string("\0\x01\xff", 3),
            .ciphertext = std::string("\xfe\0sealed", 8),
            .valid_until = now_ + std::chrono::hours(1)};
  }

 private:
  base::Timestamp now_ = base::FromMillis(1795305600000);
  std::uint64_t last_id_ = 0x019a'0000'0000'0000;
};

}  // namespace obolus::contract
