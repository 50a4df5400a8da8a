#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/fetcher/imap/response.h"

namespace postern::fetcher::imap {

// What a FETCH response said of a message; servers also send these unasked, with
// other items than we want. RFC 3501 section 7.4.2.
struct FetchData {
  struct Section {
    std::string name;  // upper case, without origin: "", "HEADER", "1.2"
    std::string bytes;
  };
  uint32_t number = 0;  // in the mailbox, counted from 1
  uint32_t uid = 0;     // 0: not said
  std::optional<uint64_t> size;
  std::optional<int64_t> received_unix;           // INTERNALDATE
  std::optional<std::vector<std::string>> flags;  // as the server writes them
  std::vector<Section> sections;
  std::optional<Value> structure;  // BODYSTRUCTURE

  // Null when the server sent no such section, or NIL.
  const std::string* Find(absl::string_view section) const;
  // The header fields that were asked for by name: servers differ in how they say it back.
  const std::string* FindHeaderFields() const;
};

// Adds to `into` what `data` says of the same message and `into` doesn't know yet.
void Merge(FetchData data, FetchData& into);

// kDataLoss when the items don't pair up, or a number is none.
absl::StatusOr<FetchData> ParseFetch(Response response);

// "17-Jul-1996 02:44:25 -0700"; nothing when it is no date.
std::optional<int64_t> ParseInternalDate(absl::string_view text);

}  // namespace postern::fetcher::imap
