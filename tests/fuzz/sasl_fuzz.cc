// Whatever a server challenges with: a response or an error, in few steps, and the password
// itself in none of SCRAM's.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_split.h"
#include "lib/sasl/exchange.h"

namespace {

using namespace postern::sasl;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  constexpr int kMechanisms = 7;
  const auto mechanism = static_cast<Mechanism>(data[0] % kMechanisms);
  const absl::string_view challenges(reinterpret_cast<const char*>(data) + 1, size - 1);
  Credentials credentials;
  credentials.login = "ann@example.org";
  credentials.secret = postern::crypto::Secret("a-secret-of-ann");
  auto exchange = Exchange::Begin(mechanism, credentials);
  if (!exchange.ok()) return 0;
  int steps = 0;
  for (absl::string_view challenge : absl::StrSplit(challenges, '\n')) {
    const auto response = (*exchange)->Respond(challenge);
    if (!response.ok()) break;
    Require(++steps < 100 && response->Reveal().find('\n') == std::string::npos);
  }
  (*exchange)->Finish().IgnoreError();
  return 0;
}
