// Masks a card in an answer that may repeat it, while the answer comes in: the number, all but its
// last four digits, in plain, grouped, JSON-, percent- or HTML-escaped, hexadecimal and base64
// form; a security code that was sent, where it stands for itself and its surroundings name it.
// What comes out does not depend on how the answer was cut into pieces. What is undecided waits in
// locked memory. One answer, one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace obolus::vault {

class EchoMasker {
 public:
  // `code` may be empty. `before_code`: the fixed texts that stood before it when it was sent.
  EchoMasker(const base::SecretBytes& account_number, const base::SecretBytes& code,
             const std::vector<std::string>& before_code);

  // Appends what is decided by now to `out`.
  void Feed(std::string_view piece, std::string* out);
  void Finish(std::string* out);

  std::size_t hits() const { return hits_; }  // how often card data was masked

 private:
  // A text that is masked wherever it stands, but for its first `shown` bytes.
  struct Needle {
    base::SecretBytes text;
    std::size_t shown = 0;
    bool wraps = false;  // base64: line breaks may stand within
  };

  void AddNeedles(const base::SecretBytes& code, const std::vector<std::string>& before_code);
  void AddEncoded(std::string_view text);
  void Work(bool is_last, std::string* out);
  bool MaskNumber(std::string* out);
  bool MaskNeedle(std::string* out);
  bool MaskCode(std::string* out);
  bool IsNamedAsCode() const;
  std::string_view View() const { return {reinterpret_cast<const char*>(data_), size_}; }

  const base::SecretBytes number_;
  const base::SecretBytes code_;
  std::vector<Needle> needles_;
  base::SecretBytes buffer_;
  std::uint8_t* const data_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;  // the first byte that is undecided
  bool is_json_ = false;
  bool has_begun_ = false;
  std::size_t hits_ = 0;
};

}  // namespace obolus::vault
