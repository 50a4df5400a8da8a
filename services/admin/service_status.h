#pragma once

#include "lib/net/task.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/peers.h"

namespace postern::admin {

// Asks every peer's health service (grpc.health.v1), all at once, for 2 s at the
// most. Never fails: a service that is away is an answer.
net::Task<v1::GetStatusResponse> AskPeers(const PeerServices& peers);

}  // namespace postern::admin
