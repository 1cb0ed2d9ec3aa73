// Every certificate and revocation list that this installation uses, by the setting that names its
// file, and until when each is good: a gauge for each, a warning in the log when one is read that
// ends soon, and lines of `obolus check`. Read at start and by each reload; the gauges are set when
// /metrics is asked for. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "main/check.h"
#include "main/config.h"

namespace obolus::main {

inline constexpr std::chrono::days kSoon{30};
inline constexpr std::chrono::days kVerySoon{7};

struct CertificateFile {
  enum class Kind { kCertificates, kRevocationLists };
  std::string setting;  // "commerce.tls.certificate"
  std::string path;
  Kind kind = Kind::kCertificates;
};

// Those that the configuration names; authorities of the system are not among them.
std::vector<CertificateFile> CertificateFilesOf(const Config& config);

class Certificates {
 public:
  // `metrics` outlives this object.
  Certificates(const Config& config, base::Metrics& metrics);

  // Reads the files of that section ("commerce.tls", "bridge") again, "" for all, and warns of what
  // ends soon.
  void Read(std::string_view section, base::Timestamp now);
  void Observe(base::Timestamp now) const;

 private:
  struct Entry {
    CertificateFile file;
    base::Gauge seconds_left;
    base::Timestamp ends;  // the first of those in the file
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

// For `obolus check`: what each file holds and until when; FAIL when it is over or fits nothing,
// warn below 30 days. Also whether chains hold together, keys fit, and the shopper listener's
// certificate names public_url.
void CheckCertificates(const Config& config, base::Timestamp now, CheckReport& report);

}  // namespace obolus::main
