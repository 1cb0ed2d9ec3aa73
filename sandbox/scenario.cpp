#include "sandbox/scenario.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "sandbox/page.h"
#include "sandbox/scenario_steps.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

struct Word {
  std::string text;
  bool quoted = false;
};

base::Result<std::vector<Word>> SplitWords(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    Word word;
    while (i < line.size() && line[i] != ' ' && line[i] != '\t') {
      if (line[i] != '"') {
        word.text += line[i++];
        continue;
      }
      const auto end = line.find('"', i + 1);
      if (end == std::string_view::npos) return base::Invalid("", "a quote without an end");
      word.text += line.substr(i + 1, end - i - 1);
      word.quoted = true;
      i = end + 1;
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::optional<int> Number(const std::string& text) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Takes "within N s" and the members off the end.
base::Status TakeTail(std::vector<Word>& words, ScenarioLine& line) {
  const auto size = words.size();
  if (size > 3 && words[size - 3].text == "within" && words[size - 1].text == "s") {
    const auto seconds = Number(words[size - 2].text);
    if (!seconds) return base::Invalid("", "within so many s needs a number");
    line.within_s = *seconds;
    words.resize(size - 3);
  }
  while (!words.empty()) {
    if (!words.back().text.contains('=')) break;
    auto member = ReadMember(words.back().text);
    if (!member) return std::unexpected(member.error());
    member->quoted = words.back().quoted;
    line.members.push_back(std::move(*member));
    words.pop_back();
  }
  std::ranges::reverse(line.members);
  return {};
}

bool IsSlot(std::string_view word) {
  return word.starts_with('<') && word.ends_with('>');
}

std::vector<std::string_view> PatternWords(std::string_view pattern) {
  std::vector<std::string_view> words;
  while (!pattern.empty()) {
    const auto blank = pattern.find(' ');
    words.push_back(pattern.substr(0, blank));
    pattern = blank == std::string_view::npos ? std::string_view() : pattern.substr(blank + 1);
  }
  return words;
}

// How many words agree from the start; all of them and no more: it fits.
std::size_t Agreement(const std::vector<std::string_view>& pattern, const std::vector<Word>& words,
                      std::vector<std::string>* arguments) {
  std::size_t i = 0;
  for (; i < pattern.size() && i < words.size(); ++i) {
    if (IsSlot(pattern[i])) {
      arguments->push_back(words[i].text);
    } else if (pattern[i] != words[i].text) {
      break;
    }
  }
  return i;
}

base::Status FindStep(const std::vector<Word>& words, ScenarioLine& line) {
  std::size_t best = 0;
  std::string_view nearest;
  for (const Step& step : Steps()) {
    const auto pattern = PatternWords(step.pattern);
    std::vector<std::string> arguments;
    const auto agreed = Agreement(pattern, words, &arguments);
    if (agreed == pattern.size() && agreed == words.size()) {
      if (!line.members.empty() && !step.takes_members) {
        return base::Invalid("", "takes no member, and here is " + line.members.front().name);
      }
      line.step = &step;
      line.arguments = std::move(arguments);
      return {};
    }
    if (agreed > best) {
      best = agreed;
      nearest = step.pattern;
    }
  }
  return base::Invalid(
      "", nearest.empty() ? "is no step of the language"
                          : "is no step of the language; the nearest is: " + std::string(nearest));
}

base::Status ReadLine(std::string_view text, Scenario& scenario, int number) {
  auto words = SplitWords(text);
  if (!words) return std::unexpected(words.error());
  if (words->size() == 3 && words->front().text == "needs") {
    scenario.needs.push_back((*words)[1].text + " " + (*words)[2].text);
    return {};
  }
  ScenarioLine line;
  line.number = number;
  line.text = text;
  if (auto taken = TakeTail(*words, line); !taken) return taken;
  if (auto found = FindStep(*words, line); !found) return found;
  scenario.lines.push_back(std::move(line));
  return {};
}

// null, true, false, an integer, a list [of,texts], else the text.
json::value ReadValue(const std::string& text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    json::array items;
    std::string_view rest = std::string_view(text).substr(1, text.size() - 2);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      items.push_back(json::value(rest.substr(0, comma)));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return items;
  }
  if (text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return json::value(text);
}

base::Status Put(json::object& object, std::string_view name, json::value value) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) {
    object[name] = std::move(value);
    return {};
  }
  auto& inner = object[name.substr(0, dot)];
  if (!inner.is_object()) inner = json::object();
  return Put(inner.as_object(), name.substr(dot + 1), std::move(value));
}

base::Status Add(ScenarioBook& book, const std::string& file, std::string_view text) {
  auto scenario = ReadScenario(file.substr(0, file.size() - kScenarioSuffix.size()), text);
  if (!scenario) return std::unexpected(scenario.error());
  const std::string name = scenario->name;
  book[name] = std::move(*scenario);
  return {};
}

}  // namespace

int Scenario::LongestWaitSeconds() const {
  int longest = 0;
  for (const auto& line : lines) longest = std::max(longest, line.within_s);
  return longest;
}

base::Result<Scenario> ReadScenario(std::string_view name, std::string_view text) {
  Scenario scenario;
  scenario.name = name;
  bool in_story = true;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const auto first = line.find_first_not_of(" \t\r");
    line = first == std::string_view::npos ? std::string_view() : line.substr(first);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.starts_with('#')) {
      const auto word = line.find_first_not_of("# ");
      if (in_story && word != std::string_view::npos) {
        scenario.story += (scenario.story.empty() ? "" : " ") + std::string(line.substr(word));
      }
      continue;
    }
    in_story = in_story && scenario.story.empty();
    if (line.empty()) continue;
    if (auto read = ReadLine(line, scenario, number); !read) {
      return base::Invalid("", scenario.name + std::string(kScenarioSuffix) + ":" +
                                   std::to_string(number) + ": " + std::string(line) + ": " +
                                   read.error().message);
    }
  }
  if (!scenario.lines.empty()) return scenario;
  return base::Invalid("", scenario.name + std::string(kScenarioSuffix) + ": has no step");
}

base::Result<ScenarioBook> ReadScenarios(const std::filesystem::path& folder) {
  ScenarioBook book;
  for (const auto& asset : ScenarioAssets()) {
    if (auto added = Add(book, std::string(asset.name), asset.content); !added) {
      return std::unexpected(added.error());
    }
  }
  if (folder.empty()) return book;
  std::error_code failed;
  bool found = false;
  for (const auto& file : std::filesystem::directory_iterator(folder, failed)) {
    if (file.path().extension() != kScenarioSuffix) continue;
    found = true;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (auto added = Add(book, file.path().filename().string(), text); !added) {
      return std::unexpected(added.error());
    }
  }
  if (found) return book;
  return base::Fail(base::ErrorCode::kNotFound, "no scenario (*.scenario) in " + folder.string());
}

base::Result<ScenarioMember> ReadMember(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return base::Invalid("", "must be name=value: " + std::string(text));
  }
  return ScenarioMember{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

base::Result<json::object> ReadMembers(const std::vector<ScenarioMember>& members,
                                       const Expand& expand) {
  json::object out;
  for (const auto& member : members) {
    auto text = expand(member.text);
    if (!text) return std::unexpected(text.error());
    auto value = member.quoted ? json::value(*text) : ReadValue(*text);
    if (auto put = Put(out, member.name, std::move(value)); !put) {
      return std::unexpected(put.error());
    }
  }
  return out;
}

}  // namespace obolus::sandbox
