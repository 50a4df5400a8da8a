#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.pb.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/bounce_desk.h"
#include "services/xmpp-edge/delivery_log.h"
#include "services/xmpp-edge/interpreter.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/stanza_sink.h"
#include "services/xmpp-edge/thread_store.h"

namespace postern::xmpp_edge {

// What the user wants done with mail while they are `show`.
admin::v1::Action ActionFor(const admin::v1::PresenceActions& actions, edge::v1::Show show);

// Mails on their way to their user. In this order, so that a crash anywhere loses
// nothing, and doubles a mail only under the stanza id it had before: remember how
// to answer, write, wait until the server has it, record, say DELIVERED.
class DeliveryDesk {
 public:
  DeliveryDesk(std::string domain, StanzaSink& sink, const AccountDirectory& directory,
               const Interpreter& interpreter, const PresenceSessions& sessions,
               ThreadStore& threads, DeliveryLog& log);

  // Edge.Deliver; the answers are those of edge.proto. kUnavailable also while
  // another call delivers for the same account (two at once would double).
  net::Task<absl::StatusOr<edge::v1::DeliverResponse>> Deliver(edge::v1::DeliverRequest request);

 private:
  net::Task<absl::StatusOr<edge::v1::DeliverResponse>> DeliverFor(AccountDirectory::Account account,
                                                                  edge::v1::DeliverRequest request);
  // Bounces are told as what they are about, mails as they are wanted.
  net::Task<absl::Status> Bring(AccountDirectory::Account account,
                                std::vector<edge::v1::Delivery> due, bool digest);
  net::Task<absl::Status> BringBounces(AccountDirectory::Account account,
                                       BounceDesk::Bounces bounces);
  net::Task<absl::Status> BringFull(AccountDirectory::Account account,
                                    std::vector<edge::v1::Delivery> due);
  // One digest, or two when one was begun before and never confirmed.
  net::Task<absl::Status> BringDigests(AccountDirectory::Account account,
                                       std::vector<edge::v1::Delivery> due);
  net::Task<absl::Status> BringDigest(AccountDirectory::Account account,
                                      std::vector<edge::v1::Delivery> due, std::string id);
  net::Task<absl::Status> SendFull(AccountDirectory::Account account,
                                   std::vector<edge::v1::Delivery> deliveries);
  net::Task<absl::Status> SendDigest(AccountDirectory::Account account,
                                     std::vector<edge::v1::Delivery> deliveries, std::string id);
  // Waits until the server has taken what was sent, then records it.
  net::Task<absl::Status> Confirm(AccountDirectory::Account account, std::vector<std::string> ids,
                                  const char* mode);

  std::string domain_;
  StanzaSink& sink_;
  const AccountDirectory& directory_;
  const Interpreter& interpreter_;
  const PresenceSessions& sessions_;
  ThreadStore& threads_;
  DeliveryLog& log_;
  BounceDesk bounces_;
  absl::flat_hash_set<std::string> busy_accounts_;
};

}  // namespace postern::xmpp_edge
