// The way back of an answer: from whatever thread made it to the exchange that waits for it, if
// that is still there. Holds the request's place among the unanswered of its server
// (ServerLimits::max_unanswered) until then, or until it is dropped. Made by http_connection and
// http2_connection for each request that a handler gets. Where memory runs out on that way it says
// so in `state`, and the connection ends instead of waiting for ever.
#pragma once

#include <memory>

#include "net/exchange.h"
#include "net/http_server.h"
#include "net/lane.h"

namespace obolus::net {

// The request has been counted in ServerCore::unanswered; this counts it off, there and in `state`,
// where it counts it first.
std::unique_ptr<Responder::Sink> MakeAnswerSink(std::weak_ptr<Exchange> exchange,
                                                std::shared_ptr<Lane> lane,
                                                std::shared_ptr<ExchangeState> state);

}  // namespace obolus::net
