#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::mail {

// "Ann <ann@example.org>" taken apart. RFC 5322 section 3.4.
struct Address {
  std::string display_name;  // decoded to UTF-8; empty when absent
  std::string local_part;    // without quotes: a b, not "a b"; case kept
  std::string domain;        // lower case

  // local_part@domain, quoted where RFC 5321 section 4.1.2 needs it: what goes into an envelope.
  std::string Spec() const;
  // "Ann <ann@example.org>" for people to read; Spec() when there is no name.
  std::string Readable() const;

  bool operator==(const Address&) const = default;
};

// Reads one address, as a user types it or a mailer sends it. kInvalidArgument
// when there is no domain to deliver to, when more than one address stands
// there, or when a control character hides in it.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// Reads a list, "a@b.c, Ann <ann@example.org>", of at most `limit` addresses
// (groups are flattened). The error names the entry that can't be read.
absl::StatusOr<std::vector<Address>> ParseAddressList(absl::string_view text, size_t limit = 200);

}  // namespace postern::mail
