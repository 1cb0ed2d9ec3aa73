#include "main/certificates.h"

#include <algorithm>

#include "base/log.h"
#include "base/url.h"
#include "net/certificate_facts.h"
#include "net/key_permissions.h"

namespace obolus::main {
namespace {

using std::chrono::days;
using Kind = CertificateFile::Kind;

base::Result<std::vector<net::CertificateFacts>> ReadFile(const CertificateFile& file) {
  return file.kind == Kind::kCertificates ? net::ReadCertificates(file.path)
                                          : net::ReadRevocationLists(file.path);
}

const net::CertificateFacts& FirstToEnd(const std::vector<net::CertificateFacts>& facts) {
  return *std::ranges::min_element(facts, {}, &net::CertificateFacts::not_after);
}

long long DaysLeft(base::Timestamp end, base::Timestamp now) {
  return std::chrono::floor<days>(end - now).count();
}

void Line(CheckReport& report, const char* verdict, const std::string& text) {
  report.text += std::string(verdict) + "  " + text + "\n";
  if (std::string_view(verdict) == "FAIL") report.ok = false;
}

void CheckFile(const CertificateFile& file, base::Timestamp now, CheckReport& report) {
  const std::string name = file.setting + " " + file.path;
  const auto facts = ReadFile(file);
  if (!facts) return Line(report, "FAIL", file.setting + " " + facts.error().message);
  for (const net::CertificateFacts& one : *facts) {
    const bool is_list = file.kind == Kind::kRevocationLists;
    const std::string what = name + (is_list ? ": list of " : ": ") + one.subject;
    if (one.not_before > now) {
      Line(report, "FAIL", what + " is not good before " + base::FormatTime(one.not_before));
    } else if (one.not_after <= now) {
      Line(report, "FAIL",
           what + " ended at " + base::FormatTime(one.not_after) +
               (is_list ? "; until there is a newer one every client is refused" : ""));
    } else if (one.not_after == base::Timestamp::max()) {
      Line(report, "ok  ", what + " does not say when the next one is due");
    } else {
      const long long left = DaysLeft(one.not_after, now);
      // Lists are renewed every few days, so for them only the last day is late.
      const days soon = is_list ? days(1) : kSoon;
      const bool is_soon = one.not_after - now < soon;
      Line(report, is_soon ? "warn" : "ok  ",
           what + " ends at " + base::FormatTime(one.not_after) + ", in " + std::to_string(left) +
               " days" + (!is_list && one.not_after - now < kVerySoon ? ": renew it now" : ""));
    }
  }
}

void CheckKey(const std::string& section, const std::string& certificate, const std::string& key,
              CheckReport& report) {
  if (key.empty()) return;
  if (const auto fits = net::CheckKeyFits(certificate, key); !fits) {
    return Line(report, "FAIL", section + ".key " + fits.error().message);
  }
  Line(report, net::IsReadableByGroup(key) ? "warn" : "ok  ",
       section + ".key " + key + " fits" +
           (net::IsReadableByGroup(key) ? ", and its group may read it" : ""));
}

void CheckServer(const std::string& section, const TlsConfig& tls, const std::string& host,
                 CheckReport& report) {
  if (tls.mode == TlsMode::kOff) return;
  CheckKey(section, tls.certificate, tls.key, report);
  for (const std::string& fault : net::FindChainFaults(tls.certificate, host)) {
    Line(report, "FAIL", section + ".certificate " + tls.certificate + " " + fault);
  }
}

}  // namespace

std::vector<CertificateFile> CertificateFilesOf(const Config& config) {
  std::vector<CertificateFile> files;
  const auto add = [&files](const std::string& setting, const std::string& path,
                            Kind kind = Kind::kCertificates) {
    if (!path.empty()) files.push_back({setting, path, kind});
  };
  const auto add_listener = [&](const std::string& section, const TlsConfig& tls) {
    if (tls.mode == TlsMode::kOff) return;
    add(section + ".certificate", tls.certificate);
    if (tls.mode != TlsMode::kMutual) return;
    add(section + ".client_ca", tls.client_ca);
    add(section + ".client_crl", tls.client_crl, Kind::kRevocationLists);
  };
  add_listener("commerce.tls", config.commerce.tls);
  add_listener("shopper.tls", config.shopper.tls);
  add("bridge.certificate", config.bridge.certificate);
  add("bridge.ca", config.bridge.ca);
  if (!config.guardian.url.empty()) {
    add("vault.guardian.certificate", config.guardian.certificate);
    add("vault.guardian.ca", config.guardian.ca);
  }
  return files;
}

Certificates::Certificates(const Config& config, base::Metrics& metrics) {
  for (CertificateFile& file : CertificateFilesOf(config)) {
    const base::Gauge gauge =
        metrics.AddGauge("obolus_certificate_expires_seconds",
                         "Until the first certificate or revocation list of a setting's file ends.",
                         {{"setting", file.setting}});
    entries_.push_back({std::move(file), gauge, {}});
  }
}

void Certificates::Read(std::string_view section, base::Timestamp now) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (!entry.file.setting.starts_with(section)) continue;
    const auto facts = ReadFile(entry.file);
    if (!facts) continue;  // said by whoever wanted to use it; the gauge stays
    const net::CertificateFacts& first = FirstToEnd(*facts);
    entry.ends = first.not_after;
    const bool is_list = entry.file.kind == Kind::kRevocationLists;
    if (first.not_after - now >= (is_list ? days(1) : kSoon)) continue;
    using base::Field;
    base::Log(first.not_after - now < kVerySoon ? base::LogLevel::kError : base::LogLevel::kWarn,
              "certificate_ends_soon",
              {{Field::kMember, entry.file.setting},
               {Field::kPath, entry.file.path},
               {Field::kDetail, first.subject + " ends at " + base::FormatTime(first.not_after)}});
  }
}

void Certificates::Observe(base::Timestamp now) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.ends == base::Timestamp{}) continue;
    const std::chrono::duration<double> left = entry.ends - now;
    entry.seconds_left.Set(left.count());
  }
}

void CheckCertificates(const Config& config, base::Timestamp now, CheckReport& report) {
  for (const CertificateFile& file : CertificateFilesOf(config)) CheckFile(file, now, report);
  CheckServer("commerce.tls", config.commerce.tls, "", report);
  const auto url = base::ParseUrl(config.public_url, base::HttpPolicy::kHttpOnLoopback);
  CheckServer("shopper.tls", config.shopper.tls, url ? url->host : "", report);
  CheckKey("bridge", config.bridge.certificate, config.bridge.key, report);
  if (!config.guardian.url.empty()) {
    CheckKey("vault.guardian", config.guardian.certificate, config.guardian.key, report);
  }
}

}  // namespace obolus::main
