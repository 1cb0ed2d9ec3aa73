// The contracts as documents, compiled in, so that a binary can say what it speaks: `obolus
// openapi` and `obolus asyncapi`. A component test holds them equal to api/.
#pragma once

#include <string_view>

namespace obolus::main {

std::string_view OpenApi();   // api/openapi.yaml
std::string_view AsyncApi();  // api/asyncapi.yaml

}  // namespace obolus::main
