// Bytes that must not leak: `SecretBytes` cannot be printed or copied by accident, compares in
// constant time, lives on locked pages that core dumps and child processes leave out, and is wiped
// when it goes. Used for card data and keys, from the decryption of a JWE to the sealing of the
// card. Any thread, one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/encoding.h"

namespace obolus::base {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(ByteView bytes);
  explicit SecretBytes(std::string_view text) : SecretBytes(AsBytes(text)) {}
  static SecretBytes OfSize(std::size_t size);  // zeroes

  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  SecretBytes Clone() const { return SecretBytes(view()); }  // copying is said, never implied

  ByteView view() const { return {data_, size_}; }
  std::uint8_t* data() { return data_; }
  std::string_view text() const { return AsText(view()); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Wipe();                      // zeroes and frees
  void Truncate(std::size_t size);  // wipes what is cut; `size` must not exceed size()

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// False once the system refused to lock a page of secrets (RLIMIT_MEMLOCK too low): everything
// works, but secrets may reach the swap. For `obolus check`.
bool SecretMemoryIsLocked();

// Same length and same bytes; the time depends on the lengths only.
bool ConstantTimeEqual(ByteView a, ByteView b);

// Overwrites in a way that the compiler may not drop.
void WipeMemory(void* data, std::size_t size);

}  // namespace obolus::base
