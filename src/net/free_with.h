// Ownership of C objects (OpenSSL, libcurl): std::unique_ptr<X509, FreeWith<X509_free>>.
// Costs nothing over the bare pointer.
#pragma once

namespace obolus::net {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace obolus::net
