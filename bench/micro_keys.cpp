// What cryptography costs: session keys and the two kinds of envelope.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "app/session_key.h"
#include "base/jwe.h"
#include "support/jwe_encrypter.h"

namespace {

using namespace obolus;  // NOLINT: a program of its own

constexpr char kCard[] =
    R"({"account_number":"4242424242424242","expiry_month":12,"expiry_year":2031,)"
    R"("security_code":"123","additional_data":{"cardholder_name":"Ada Lovelace"}})";

app::SessionKeys MakeKeys() {
  std::vector<app::SessionKeySecret> secrets;
  secrets.push_back({1, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"))});
  return app::SessionKeys(std::move(secrets));
}

void MakeKey(benchmark::State& state) {
  const app::SessionKeys keys = MakeKeys();
  const base::Uuid id = base::RandomIdSource().NewUuid();
  for (auto _ : state) benchmark::DoNotOptimize(keys.Make(app::KeyPurpose::kPayment, id));
}
BENCHMARK(MakeKey)->Name("session key, made");

void OpenKey(benchmark::State& state) {
  const app::SessionKeys keys = MakeKeys();
  const std::string key = keys.Make(app::KeyPurpose::kPayment, base::RandomIdSource().NewUuid());
  for (auto _ : state) {
    const auto id = keys.Open(app::KeyPurpose::kPayment, key);
    if (!id) state.SkipWithError("refused");
    benchmark::DoNotOptimize(id);
  }
}
BENCHMARK(OpenKey)->Name("session key, opened");

void Decrypt(benchmark::State& state, base::JweKeyKind kind) {
  std::vector<base::JweKey> keys;
  keys.push_back(base::JweKey::Generate(kind, "1"));
  const base::json::object jwk = keys.front().PublicJwk();
  const base::JweDecrypter decrypter(std::move(keys));
  const std::string token = kind == base::JweKeyKind::kEc
                                ? testing::EncryptWithEc(jwk, kCard).Join()
                                : testing::EncryptWithRsa(jwk, kCard).Join();
  for (auto _ : state) {
    const auto plain = decrypter.Decrypt(token);
    if (!plain) state.SkipWithError("refused");
    benchmark::DoNotOptimize(plain);
  }
}
BENCHMARK_CAPTURE(Decrypt, ec, base::JweKeyKind::kEc)->Name("JWE opened, ECDH-ES");
BENCHMARK_CAPTURE(Decrypt, rsa, base::JweKeyKind::kRsa)->Name("JWE opened, RSA-OAEP-256");

}  // namespace
