#include "sandbox/listing.h"

#include <initializer_list>
#include <string_view>

#include "sandbox/acs_behaviours.h"
#include "sandbox/test_cards.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

json::object ToJson(const AcsBehaviour& behaviour) {
  const AcsOutcome& outcome = OutcomeOf(behaviour.ending);
  return {{"name", behaviour.name},
          {"story", behaviour.story},
          {"card", behaviour.card},
          {"played_by", PlayerName(behaviour.played_by)},
          {"window_size", behaviour.window_size},
          {"processor_says", ProcessorSays(behaviour.record)},
          {"shopper_sees", outcome.shopper_sees},
          {"events", outcome.events},
          {"session_end", outcome.session_end},
          {"payment", outcome.payment}};
}

json::object ToJson(const TestCard& card) {
  return {{"number", card.number},
          {"network", card.network},
          {"story", card.story},
          {"behaviour", card.acs ? json::value(card.acs->name) : json::value(nullptr)}};
}

std::string Padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.resize(width, ' ');
  return out;
}

std::string Row(std::initializer_list<std::string_view> cells) {
  std::string out = "|";
  for (auto cell : cells) {
    out += ' ';
    out += cell;
    out += " |";
  }
  return out + "\n";
}

std::string ForPeople(const AcsBehaviour& behaviour) {
  constexpr std::size_t kNameWidth = 23;
  const AcsOutcome& outcome = OutcomeOf(behaviour.ending);
  std::string out = Padded(behaviour.name, kNameWidth) + GroupedNumber(behaviour.card) + "  ";
  out += behaviour.story;
  out += "\n" + Padded("", kNameWidth) + "played by the ";
  out += PlayerName(behaviour.played_by);
  out += "; the processor says " + ProcessorSays(behaviour.record) + "\n";
  out += Padded("", kNameWidth) + "shopper sees: ";
  out += outcome.shopper_sees;
  out += "; events: ";
  out += outcome.events;
  out += "; session: ";
  out += outcome.session_end;
  out += "; payment: ";
  out += outcome.payment;
  return out + "\n";
}

std::string InMarkdown(const AcsBehaviour& behaviour) {
  const AcsOutcome& outcome = OutcomeOf(behaviour.ending);
  const std::string name = "`" + std::string(behaviour.name) + "`";
  return Row({name, GroupedNumber(behaviour.card), behaviour.story, PlayerName(behaviour.played_by),
              ProcessorSays(behaviour.record), outcome.shopper_sees, outcome.events,
              outcome.session_end});
}

}  // namespace

std::string ListCards(ListingForm form) {
  json::array cards;
  std::string people;
  std::string markdown = Row({"number", "network", "what happens"}) + "|---|---|---|\n";
  for (const auto& card : TestCards()) {
    cards.push_back(ToJson(card));
    const auto number = GroupedNumber(card.number);
    people += Padded(number, 22) + Padded(card.network, 18) + std::string(card.story) + "\n";
    markdown += Row({number, card.network, card.story});
  }
  if (form == ListingForm::kJson) return base::ToText(cards) + "\n";
  return form == ListingForm::kMarkdown ? markdown : people;
}

std::string ListBehaviours(ListingForm form) {
  json::array behaviours;
  std::string people;
  std::string markdown = Row({"behaviour", "test card", "what happens", "played by",
                              "processor says", "shopper sees", "events", "session ends"}) +
                         "|---|---|---|---|---|---|---|---|\n";
  for (const auto& behaviour : AcsBehaviours()) {
    behaviours.push_back(ToJson(behaviour));
    people += ForPeople(behaviour);
    markdown += InMarkdown(behaviour);
  }
  if (form == ListingForm::kJson) return base::ToText(behaviours) + "\n";
  return form == ListingForm::kMarkdown ? markdown : people;
}

}  // namespace obolus::sandbox
