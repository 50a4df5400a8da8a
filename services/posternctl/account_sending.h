#pragma once

#include "postern/admin/v1/admin.pb.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {

// How an account sends, in a line each; signatures are left out but for their length.
void AddSendingTo(const admin::v1::Account& account, Card& card);

}  // namespace postern::posternctl
