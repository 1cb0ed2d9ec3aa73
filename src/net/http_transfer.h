// One exchange of http_client as libcurl sees it: what is asked of it, what it calls back with, and
// what its errors mean to us. For http_client alone; the client's thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "net/client_identity.h"
#include "net/free_with.h"
#include "net/http_client.h"

namespace obolus::net {

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;

// From Send to `done`; libcurl has its address.
struct Transfer {
  ClientRequest request;
  base::Done<HttpResponse> done;
  HttpResponse response;
  std::size_t most = 0;  // of the header, and of the body
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
  bool too_large = false;
  std::string refused{};  // why an address was not connected to
  const ClientOptions* options = nullptr;
  Easy easy;
  HeaderList headers;
  HeaderList resolved;
  std::array<char, CURL_ERROR_SIZE> error{};
};

// Once a process: all that libcurl frees is wiped.
void StartCurl();

// Sets every option of `transfer.easy`; the arguments outlive the transfer. kInvalid: a header that
// would break out of its line.
base::Status Prepare(Transfer& transfer, const ClientOptions& options, ClientIdentity& identity,
                     CURLSH* share);

base::Error TellError(const Transfer& transfer, CURLcode code);
base::Error OutOfMemory();

}  // namespace obolus::net
