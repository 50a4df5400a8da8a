#pragma once

#include <memory>

#include "lib/process/service.h"
#include "services/xmpp-edge/config.h"

namespace postern::xmpp_edge {

// The XMPP face of Postern.
std::unique_ptr<process::Service> MakeXmppEdge(process::Runtime& runtime, Config config);

}  // namespace postern::xmpp_edge
