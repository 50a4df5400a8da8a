#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "lib/sasl/exchange.h"

namespace postern::sasl {

// A server that asks for more rounds of hashing than this is asked by another mechanism: they
// would hold up everybody else (about 30 ms). RFC 7677 names 4096.
constexpr unsigned kMaxScramIterations = 65'536;

// SCRAM-SHA-256 (RFC 7677) or SCRAM-SHA-1 (RFC 5802), without channel binding. The message
// flow and the check of the server's signature are GNU SASL's; the password itself never
// gets there, for the library wipes nothing.
absl::StatusOr<std::unique_ptr<Exchange>> BeginScram(Mechanism mechanism,
                                                     const Credentials& credentials);

}  // namespace postern::sasl
