#include "sandbox/journal.h"

#include <algorithm>
#include <utility>

namespace obolus::sandbox {
namespace {

namespace json = base::json;

// A stream holds at most 64 KiB that its reader has not taken yet; what is older is read by GET.
constexpr std::size_t kMaxBacklog = 16;

net::Headers Masked(const net::Headers& headers) {
  net::Headers out;
  for (const auto& header : headers) {
    const bool credential = net::EqualsIgnoreCase(header.name, "x-api-key") ||
                            net::EqualsIgnoreCase(header.name, "authorization") ||
                            net::EqualsIgnoreCase(header.name, "cookie");
    out.Add(header.name, credential ? header.value.substr(0, 4) + "…" : header.value);
  }
  return out;
}

json::array HeadersJson(const net::Headers& headers) {
  json::array out;
  for (const auto& header : headers) {
    out.push_back(json::object{{"name", header.name}, {"value", header.value}});
  }
  return out;
}

std::string EventText(const JournalEntry& entry) {
  return "id: " + std::to_string(entry.number) +
         "\nevent: entry\ndata: " + base::ToText(ToJson(entry)) + "\n\n";
}

}  // namespace

json::object ToJson(const JournalEntry& entry) {
  return {{"number", entry.number},
          {"at", base::FormatTime(entry.at)},
          {"payment_id", entry.payment_id},
          {"from", entry.from},
          {"to", entry.to},
          {"kind", entry.kind},
          {"title", entry.title},
          {"status", entry.status},
          {"verdict", entry.verdict},
          {"duration_ms", entry.duration_ms},
          {"headers", HeadersJson(entry.headers)},
          {"body", entry.body},
          {"answer_headers", HeadersJson(entry.answer_headers)},
          {"answer_body", entry.answer_body}};
}

void Journal::Add(JournalEntry entry) {
  entry.headers = Masked(entry.headers);
  entry.answer_headers = Masked(entry.answer_headers);
  for (std::string* body : {&entry.body, &entry.answer_body}) {
    if (body->size() > kMaxBodyBytes) *body = body->substr(0, kMaxBodyBytes) + "…";
  }
  std::lock_guard follow_lock(follow_mutex_);
  std::string text;
  {
    std::lock_guard lock(mutex_);
    entry.number = ++last_number_;
    entry.at = clock_.Now() - base::Millis(entry.duration_ms);
    if (!followers_.empty()) text = EventText(entry);
    entries_.push_back(std::move(entry));
    if (entries_.size() > kMaxEntries) entries_.pop_front();
  }
  if (!text.empty()) Broadcast(text);
}

std::vector<JournalEntry> Journal::Read(std::uint64_t after, std::size_t limit,
                                        std::string_view payment_id, std::string_view about) const {
  std::vector<JournalEntry> out;
  std::lock_guard lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->number <= after || out.size() == limit) break;
    if (!payment_id.empty() && entry->payment_id != payment_id) continue;
    if (entry->body.contains(about) || entry->answer_body.contains(about)) out.push_back(*entry);
  }
  std::ranges::reverse(out);
  return out;
}

std::uint64_t Journal::LastNumber() const {
  std::lock_guard lock(mutex_);
  return last_number_;
}

bool Journal::Follow(std::shared_ptr<net::ResponseStream> stream, std::uint64_t after) {
  std::lock_guard follow_lock(follow_mutex_);
  if (followers_.size() >= kMaxFollowers) return false;
  stream->Write(": following\n\n");
  for (const auto& entry : Read(after, kMaxBacklog, "")) stream->Write(EventText(entry));
  followers_.push_back(std::move(stream));
  return true;
}

void Journal::Broadcast(const std::string& text) {
  std::erase_if(followers_, [&](const auto& stream) { return !stream->Write(text); });
}

void Journal::Ping() {
  std::lock_guard follow_lock(follow_mutex_);
  Broadcast(": still here\n\n");
}

void Journal::CloseFollowers() {
  std::lock_guard follow_lock(follow_mutex_);
  for (const auto& stream : followers_) stream->Close();
  followers_.clear();
}

void Journal::Clear() {
  std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace obolus::sandbox
