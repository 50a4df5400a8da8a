#pragma once

#include "postern/admin/v1/admin.pb.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {

// When, and which mailboxes of an account are looked into, in a line each.
void AddWatchingTo(const admin::v1::Account& account, Card& card);

}  // namespace postern::posternctl
