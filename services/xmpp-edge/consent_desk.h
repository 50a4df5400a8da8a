#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Sends owners the link by which they give their mail provider consent: once for each loss of
// it, when they are there, and tells them when the account works again. What was told is known
// in Redis (postern:session:{bare-jid}:consent: a hash by account id of the settings' revision
// at that time, kept a year). At most 100 messages a second.
class ConsentDesk {
 public:
  // Listens to the directory and to the sessions. `ready`: the sessions of a former process
  // have been read.
  ConsentDesk(FeatureContext context, PresenceSessions& sessions, std::function<bool()> ready);

  // A resource of theirs has become available.
  void Arrived(const std::string& user);

  // Background, until cancelled.
  net::Task<void> Ask();

 private:
  using Marks = std::map<std::string, std::string>;

  void MarkDue(const std::string& user);
  net::Task<absl::Status> Settle(std::string user);
  net::Task<absl::Status> SettleAccount(AccountDirectory::Account account, std::string mark);
  net::Task<absl::Status> Send(AccountDirectory::Account account, std::string kind,
                               std::string text);
  net::Task<absl::StatusOr<Marks>> MarksOf(std::string user);
  net::Task<absl::Status> SetMark(std::string user, std::string account_id, std::string mark);
  net::Task<absl::Status> RemoveMark(std::string user, std::string account_id);

  FeatureContext context_;
  std::function<bool()> ready_;
  net::Event due_;
  std::set<std::string> due_users_;
};

}  // namespace postern::xmpp_edge
