#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/delivery_report.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/interpreter.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/thread_store.h"

namespace postern::xmpp_edge {

// Takes the bounces out of the mail that comes in.
class BounceDesk {
 public:
  BounceDesk(const Interpreter& interpreter, const PresenceSessions& sessions, ThreadStore& threads)
      : interpreter_(interpreter), sessions_(sessions), threads_(threads) {}

  struct Bounces {
    std::vector<std::string> ids;  // of the deliveries that were taken out
    std::vector<Element> stanzas;  // what is to be told instead; the same for a repeated delivery
  };
  // Takes out of `due` each report on a mail that `user` sent; what is left are mails. Of each
  // recipient a delay is told once, and a failure once in the same words.
  net::Task<absl::StatusOr<Bounces>> TakeOut(std::string user,
                                             std::vector<edge::v1::Delivery>& due);

 private:
  net::Task<absl::StatusOr<std::optional<SentMail>>> FindSent(std::string user,
                                                              const mail::DeliveryReport& report);
  // Leaves out what another delivery told.
  net::Task<absl::Status> LeaveOutTold(std::string user, std::string delivery_id,
                                       edge::v1::ReportOutcomeRequest& outcomes);

  const Interpreter& interpreter_;
  const PresenceSessions& sessions_;
  ThreadStore& threads_;
};

}  // namespace postern::xmpp_edge
