#include "services/admin/peers.h"

#include "absl/strings/str_cat.h"

namespace postern::admin {

absl::Status NameWhoIsAway(const std::string& peer, const absl::Status& status) {
  if (absl::IsDeadlineExceeded(status)) {
    return absl::UnavailableError(absl::StrCat("the ", peer, " service is away: no answer within ",
                                               kForwardLimit.count(), " s"));
  }
  if (absl::IsUnavailable(status)) {
    return absl::UnavailableError(
        absl::StrCat("the ", peer, " service can't answer now: ", status.message()));
  }
  return status;
}

}  // namespace postern::admin
