#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// `account` is an id or OWNER/NAME; kNotFound says how to find the right one.
absl::StatusOr<admin::v1::Account> FindAccount(Session& session, const std::string& account);

// kFailedPrecondition when it has no mailbox.
absl::Status CheckReceives(const admin::v1::Account& account);
// The same when it sends nothing.
absl::Status CheckSends(const admin::v1::Account& account);

}  // namespace postern::posternctl
