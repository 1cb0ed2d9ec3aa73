// What happened between shop, Commerce, Obolus, processor and ACS, as Commerce sees it: every
// request and event with headers, body and verdict, newest last, in a ring of bounded length. Read
// by the control API, followed live by the shop page over Server-Sent Events. Credentials in
// headers are masked on the way in. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "net/http_message.h"
#include "net/http_server.h"

namespace obolus::sandbox {

struct JournalEntry {
  std::uint64_t number = 0;  // given by the journal, from 1
  base::Timestamp at;        // when it began: now less duration_ms; given by the journal
  std::string payment_id;    // empty: not known
  std::string from;          // "shop", "commerce", "obolus", "processor", "acs", "shopper"
  std::string to;
  std::string kind;   // "request", "event", "state"
  std::string title;  // "POST /sessions", "CardSessionCreated"
  int status = 0;     // of the answer; 0: none
  std::string verdict;
  std::int64_t duration_ms = 0;
  net::Headers headers;
  std::string body;
  net::Headers answer_headers;
  std::string answer_body;
};

base::json::object ToJson(const JournalEntry& entry);

class Journal {
 public:
  static constexpr std::size_t kMaxEntries = 5000;
  static constexpr std::size_t kMaxBodyBytes = 16 * 1024;
  static constexpr std::size_t kMaxFollowers = 64;

  explicit Journal(const base::Clock& clock) : clock_(clock) {}

  void Add(JournalEntry entry);

  // Entries after number `after`, oldest first; only those of `payment_id` unless empty, and that
  // have the text `about` in their bodies unless empty. With more than `limit`, the newest.
  std::vector<JournalEntry> Read(std::uint64_t after, std::size_t limit,
                                 std::string_view payment_id, std::string_view about = {}) const;

  // The number of the newest entry; 0: none yet.
  std::uint64_t LastNumber() const;

  // Sends what comes after `after` (the last few of it at once) until the stream ends. False: too
  // many.
  bool Follow(std::shared_ptr<net::ResponseStream> stream, std::uint64_t after);

  // A comment line to every follower, so that dead ones are noticed.
  void Ping();
  void CloseFollowers();
  void Clear();

 private:
  void Broadcast(const std::string& text);

  const base::Clock& clock_;
  mutable std::mutex mutex_;  // entries_, last_number_
  std::deque<JournalEntry> entries_;
  std::uint64_t last_number_ = 0;
  std::mutex follow_mutex_;  // followers_; taken before mutex_
  std::vector<std::shared_ptr<net::ResponseStream>> followers_;
};

}  // namespace obolus::sandbox
