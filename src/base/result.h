// Expected failure as a value. Every function that a client, a disk or a network can make fail
// returns `Result<T>`; bugs use CHECK (base/check.h). `Error` carries one of a closed set of codes,
// which http/problem maps to a status in its one exhaustive switch, and the JSON pointers of the
// members at fault. Used by every room, from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace obolus::base {

enum class ErrorCode {
  kMalformed,     // bytes that are not what they claim to be (JSON, JWE, CloudEvent)
  kInvalid,       // well-formed, but a member breaks a rule; `fields` names it
  kUnauthorized,  // no credential, or one we do not know
  kForbidden,     // a credential we know and do not allow here
  kNotFound,
  kMethodNotAllowed,
  kConflict,  // the state of the thing does not allow this now
  kExpired,   // its time is over
  kTooLarge,
  kUnsupportedMediaType,
  kRateLimited,
  kUnavailable,  // storage or a peer is down; safe to try again
  kTimeout,
  kInternal,
};

// One member at fault. `pointer` is a JSON pointer (RFC 6901), "" for the document itself.
struct FieldError {
  std::string pointer;
  std::string detail;

  bool operator==(const FieldError&) const = default;
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for people; never holds card data, keys or SQL
  std::vector<FieldError> fields;
  std::optional<std::chrono::seconds> retry_after;
  // More that the caller can act on, by member name ("extension members" of RFC 9457).
  std::vector<std::pair<std::string, std::int64_t>> extensions = {};
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// Called exactly once with the outcome of something asynchronous, from a thread that the callee
// names.
template <class T>
using Done = std::move_only_function<void(Result<T>)>;

inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message), {}, std::nullopt});
}

// kInvalid, naming one member.
inline std::unexpected<Error> Invalid(std::string pointer, std::string detail) {
  Error error{ErrorCode::kInvalid, detail, {}, std::nullopt};
  error.fields.push_back({std::move(pointer), std::move(detail)});
  return std::unexpected(std::move(error));
}

}  // namespace obolus::base
