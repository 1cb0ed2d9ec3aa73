#include "main/limits_config.h"

namespace obolus::main {
namespace {

void ReadProxies(ConfigValues& values, Config& config) {
  const std::string header = values.Text("shopper.forwarded_header");
  if (header != "x-forwarded-for" && header != "forwarded") {
    values.Fault("shopper.forwarded_header", "must be \"x-forwarded-for\" or \"forwarded\"");
  }
  auto proxies =
      http::TrustedProxies::Parse(values.Texts("shopper.trusted_proxies"),
                                  header == "forwarded" ? http::ForwardedHeader::kForwarded
                                                        : http::ForwardedHeader::kXForwardedFor);
  if (!proxies) return values.Fault("shopper.trusted_proxies", proxies.error().message);
  config.trusted_proxies = std::move(*proxies);
}

constexpr std::int64_t kMost = 1'000'000;
constexpr double kHoursPerDay = 24;
constexpr double kSecondsPerHour = 3600;

domain::Rate ReadRate(ConfigValues& values, const std::string& rule) {
  return {.burst = static_cast<double>(values.Integer("limits." + rule + "_burst", 0, kMost)),
          .per_hour = static_cast<double>(values.Integer("limits." + rule + "_per_day", 0, kMost)) /
                      kHoursPerDay};
}

domain::WorkOrder ReadWork(ConfigValues& values, const char* key) {
  const auto bits = values.Integer(key, 0, domain::kMostWorkBits);
  if (bits > 0 && bits < domain::kFewestWorkBits) values.Fault(key, "must be 0, or 4 to 20");
  return {
      .bits = static_cast<int>(bits),
      .parts = static_cast<int>(values.Integer("limits.work_parts", 1, domain::kMostWorkParts))};
}

double Percent(ConfigValues& values, const char* key) {
  return static_cast<double>(values.Integer(key, 0, 100)) / 100;
}

}  // namespace

void ReadLimits(ConfigValues& values, Config& config) {
  ReadProxies(values, config);
  app::LimitRules& cards = config.limits.cards;
  cards.enabled = values.Boolean("limits.enabled");
  cards.outcomes = values.Boolean("limits.commerce_outcomes");
  cards.card = ReadRate(values, "card");
  cards.neighbours = ReadRate(values, "neighbours");
  cards.range = ReadRate(values, "range");
  cards.client = ReadRate(values, "client");
  cards.site = ReadRate(values, "site");
  cards.unproven = ReadRate(values, "unproven");
  cards.approval_credit = Percent(values, "limits.approval_credit_percent");
  cards.most_credit = static_cast<double>(values.Integer("limits.most_credit", 0, kMost));
  cards.watch.least_refused =
      static_cast<double>(values.Integer("limits.attack_refused", 0, kMost));
  cards.watch.refused_share = Percent(values, "limits.attack_refused_percent");
  cards.watch.some_share = cards.watch.refused_share * 0.7;
  cards.watch.rush_factor = static_cast<double>(values.Integer("limits.rush_factor", 0, 1000));
  cards.some_work = ReadWork(values, "limits.work_bits");
  cards.more_work = ReadWork(values, "limits.more_work_bits");
  if (cards.more_work.bits < cards.some_work.bits) {
    values.Fault("limits.more_work_bits", "must not be less than limits.work_bits");
  }
  const bool on = cards.enabled;
  const auto requests_burst = values.Integer("limits.requests_burst", 0, kMost);
  const auto requests_per_s = values.Integer("limits.requests_per_s", 0, kMost);
  const auto streams = values.Integer("limits.streams_per_client", 0, kMost);
  config.limits.requests = {
      .requests = {.burst = on ? static_cast<double>(requests_burst) : 0,
                   .per_hour = static_cast<double>(requests_per_s) * kSecondsPerHour},
      .streams = on ? static_cast<int>(streams) : 0};
}

}  // namespace obolus::main
