// Fetches a page and the files that it loads, over HTTPS, as a browser that has never been there.
// Blocking; used by cli/page_watch.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_client.h"

namespace obolus::cli {

class PageFetch {
 public:
  // `ca_file`: PEM of the only authority to trust; empty: the system's. kInvalid: it cannot be
  // read.
  static base::Result<PageFetch> Make(const std::string& ca_file);

  // Whatever the status; redirects come back as they are. kInvalid: the address is not https (http
  // only on loopback); kUnavailable, kTimeout, kTooLarge (8 MiB).
  base::Result<net::HttpResponse> Get(const std::string& url) const;

  // Follows up to five redirects, as for a script, and gives the bytes of the 200. Beside the
  // errors above kNotFound: another status.
  base::Result<std::string> GetFile(std::string url) const;

 private:
  explicit PageFetch(std::unique_ptr<net::HttpClient> client) : client_(std::move(client)) {}
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace obolus::cli
