// Why a request never reaches its handler: the status that answers it, and words for whoever sent
// it. Made by what reads requests, whichever HTTP they came by, and given to
// `ServerOptions::refuse`.
#pragma once

#include <string>

namespace obolus::net {

struct Refusal {
  int status = 400;
  std::string reason;
  std::string path{};  // of a request whose body alone was too much; else empty
};

}  // namespace obolus::net
