#pragma once

#include <functional>
#include <set>
#include <string>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/password_rules.h"

namespace postern::xmpp_edge {

// Asks users for the passwords that they don't want stored, once for each login and each
// refusal. What users answer is password_answers.h's affair; that they were asked is known
// by PasswordMarks. At most 100 requests a second.
class PasswordDesk {
 public:
  // Listens to the directory and to the sessions. `ready`: the sessions of a former
  // process have been read.
  PasswordDesk(FeatureContext context, PresenceSessions& sessions, std::function<bool()> ready);

  // A resource of theirs has become available.
  void Arrived(const std::string& user);

  // Background, until cancelled.
  net::Task<void> Ask();

 private:
  void MarkDue(const std::string& user);
  // Who is there and may have to be asked again, though nothing told.
  void MarkAskingDue();
  net::Task<void> SettleDue();
  net::Task<absl::Status> Settle(std::string user);
  net::Task<absl::Status> SettleAccount(AccountDirectory::Account account, PasswordMark mark);
  net::Task<absl::Status> AskFor(AccountDirectory::Account account, PasswordMark before);
  // kAborted when another mark than `before` stands there by now.
  net::Task<absl::Status> Become(AccountDirectory::Account account, PasswordMark before,
                                 PasswordMark after);

  FeatureContext context_;
  std::function<bool()> ready_;
  PasswordMarks marks_;
  net::Event due_;
  std::set<std::string> due_users_;
};

// The message that asks: for clients that know forms and for those that don't.
Element PasswordRequestMessage(const admin::v1::Account& account, absl::string_view domain,
                               absl::string_view id, const Words& words);

// True for the id of such a message.
bool IsPasswordRequest(absl::string_view id);

}  // namespace postern::xmpp_edge
