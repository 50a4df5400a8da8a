#pragma once

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// Where stanzas go: the component link, or a list in a test.
class StanzaSink {
 public:
  virtual ~StanzaSink() = default;

  // Writes one stanza. Waits while the link's queue is full (a slow server slows
  // us down, it does not fill our memory). kUnavailable when the link is down;
  // kResourceExhausted when the stanza is larger than any server takes.
  virtual net::Task<absl::Status> Send(Element stanza) = 0;

  // Returns OK when the server has taken everything written before this call
  // (a stanza sent to ourselves has come back through it). XEP-0114 has no
  // acknowledgements; this is ours. Callers at the same time share one round trip.
  virtual net::Task<absl::Status> Barrier() = 0;

  virtual bool IsUp() const = 0;
};

}  // namespace postern::xmpp_edge
