// Counters, gauges and histograms in Prometheus form, behind our own handles so that one file knows
// the library. Handles are made once at wiring and cheap to use (a few atomic adds), from any
// thread. Names and labels follow https://prometheus.io/docs/practices/naming/ and start with
// "obolus_".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace obolus::base {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void Add(double amount = 1) const;

 private:
  friend class Metrics;
  void* counter_ = nullptr;
};

class Gauge {
 public:
  void Set(double value) const;
  void Add(double amount) const;

 private:
  friend class Metrics;
  void* gauge_ = nullptr;
};

class Histogram {
 public:
  void Observe(double value) const;

 private:
  friend class Metrics;
  void* histogram_ = nullptr;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same handle. The handle lives as long as this object.
  Counter AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds` ascending, in the unit that the name says.
  Histogram AddHistogram(const std::string& name, const std::string& help,
                         std::vector<double> bounds, const Labels& labels = {});

  // Text exposition format 0.0.4, as GET /metrics answers.
  std::string Expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::base
