#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/sealed_file.h"

namespace postern::sender {

// The text of an operator's file, opened with the keys of `key_file` where it is sealed
// (lib/crypto/sealed_file.h); `bytes` are wiped. kInvalidArgument and its like, "PATH: why".
absl::StatusOr<crypto::Secret> TextOf(std::string bytes, const std::string& path,
                                      const std::string& key_file, crypto::FileKind kind);

}  // namespace postern::sender
