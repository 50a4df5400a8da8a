#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

struct DecodedBody {
  std::string bytes;       // at most what was asked for
  uint64_t full_size = 0;  // of the whole decoded body
};

// Undoes a Content-Transfer-Encoding (RFC 2045 section 6), skipping what does
// not belong into it. An unknown encoding is taken as none. Keeps `max_bytes`
// and only counts the rest.
DecodedBody DecodeTransferEncoding(absl::string_view body, absl::string_view encoding,
                                   size_t max_bytes);

// The same of a body that comes in pieces.
class TransferDecoder {
 public:
  explicit TransferDecoder(absl::string_view encoding);
  ~TransferDecoder();
  TransferDecoder(TransferDecoder&&) noexcept;

  // The bytes that `piece` completes: never more than it has.
  std::string Decode(absl::string_view piece);

 private:
  struct State;
  std::unique_ptr<State> state_;  // null: there is nothing to undo
};

}  // namespace postern::mail
