#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/compose/draft.h"

namespace postern::sender {

// Makes drafts of what the edge asks for and of how the account sends.
class DraftReader {
 public:
  // The contents of attachments are views into `proto`. Errors are in words for the author:
  // kInvalidArgument, for a From that the account can't send as.
  absl::StatusOr<Draft> Read(const v1::Draft& proto, const Account& account);

  // The account's zone; UTC when this machine knows none of that name.
  absl::TimeZone ZoneOf(const Account& account);

 private:
  absl::flat_hash_map<std::string, absl::TimeZone> zones_;  // a zone is read from a file
};

// The account's own address. kInvalidArgument, in words: it has none.
absl::StatusOr<mail::Address> DefaultFrom(const Account& account);

}  // namespace postern::sender
