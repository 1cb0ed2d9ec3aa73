// The way back of an answer: from whatever thread made it to the connection that waits for it, if
// that is still there. Holds the request's place among the unanswered of its server
// (ServerLimits::max_unanswered) until then, or until it is dropped. Made by http_connection for
// each request that a handler gets. Where memory runs out on that way it says so in
// `lost`, and the connection ends instead of waiting for ever.
#pragma once

#include <atomic>
#include <memory>

#include "net/http_server.h"
#include "net/lane.h"

namespace obolus::net {

class Connection;

// The request has been counted in ServerCore::unanswered; this counts it off.
std::unique_ptr<Responder::Sink> MakeAnswerSink(std::weak_ptr<Connection> connection,
                                                std::shared_ptr<Lane> lane,
                                                std::shared_ptr<std::atomic<bool>> lost);

}  // namespace obolus::net
