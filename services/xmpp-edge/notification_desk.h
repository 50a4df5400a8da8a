#pragma once

#include <map>
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
  // The same, and kFailedPrecondition when the message is sent back at once, as our own server
  // does with those to users it does not have: it is not recorded then, and may be tried again.
  net::Task<absl::Status> NotifyUnlessRefused(edge::v1::NotifyRequest request);
  // Of each stanza that comes, before the server's next confirmation is heeded.
  void Hear(const Element& stanza);

 private:
  class Listening;

  net::Task<absl::Status> Tell(edge::v1::NotifyRequest request, bool heed_refusal);
  absl::Status Check(const edge::v1::NotifyRequest& request) const;

  const std::string domain_;
  StanzaSink& sink_;
  const AccountDirectory& directory_;
  const Interpreter& interpreter_;
  DeliveryLog& log_;
  // Of messages under way: id LF receiver -> the condition with which it was sent back.
  std::map<std::string, std::string> heard_;
};

// Of a message that was sent back (RFC 6120 section 8.3.3): "service-unavailable"; "error" when it
// can't be told. Empty: it is no such thing.
std::string RefusalCondition(const Element& stanza);
// "the server sent it back: service-unavailable (there is no such user, …)"
std::string RefusalWords(const std::string& condition);

// The stanza. `from`: the gateway, or a contact of it.
Element NotificationStanza(const edge::v1::NotifyRequest& request, absl::string_view from,
                           const Words& words);

}  // namespace postern::xmpp_edge
