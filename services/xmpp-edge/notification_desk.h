#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/delivery_log.h"
#include "services/xmpp-edge/interpreter.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/stanza_sink.h"

namespace postern::xmpp_edge {

// Messages that are no mails: notifications of rules (RFC 5437), word of what a rule could not do,
// and spooled instant messages. As for mails: written, taken by the server, recorded, and only then
// OK; a repeat under the same id sends nothing.
class NotificationDesk {
 public:
  static constexpr size_t kMaxBody = 64 * 1024;

  NotificationDesk(std::string domain, StanzaSink& sink, const AccountDirectory& directory,
                   const Interpreter& interpreter, DeliveryLog& log)
      : domain_(std::move(domain)),
        sink_(sink),
        directory_(directory),
        interpreter_(interpreter),
        log_(log) {}

  // Edge.Notify. kInvalidArgument: it is none, or it is for an address of this gateway, which
  // would make a mail of it; kResourceExhausted: it is too large. kUnavailable: not now.
  net::Task<absl::Status> Notify(edge::v1::NotifyRequest request);

 private:
  absl::Status Check(const edge::v1::NotifyRequest& request) const;

  const std::string domain_;
  StanzaSink& sink_;
  const AccountDirectory& directory_;
  const Interpreter& interpreter_;
  DeliveryLog& log_;
};

// The stanza. `from`: the gateway, or a contact of it.
Element NotificationStanza(const edge::v1::NotifyRequest& request, absl::string_view from,
                           const Words& words);

}  // namespace postern::xmpp_edge
