#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/password_rules.h"

namespace postern::xmpp_edge {

// Asks users for the passwords that they don't want stored, once for each login and each
// refusal, and tells fetcher and sender whose passwords they may still hold. What users
// answer is password_answers.h's affair; that they were asked is known by PasswordMarks.
class PasswordDesk {
 public:
  // Listens to the directory and to the sessions. `ready`: the sessions of a former
  // process have been read; before that nobody's password is wiped.
  PasswordDesk(FeatureContext context, PresenceSessions& sessions, std::function<bool()> ready);

  // A resource of theirs has become available.
  void Arrived(const std::string& user);

  // Background, until cancelled.
  net::Task<void> Ask();
  net::Task<void> RetainAtFetcher();
  net::Task<void> RetainAtSender();

 private:
  bool OwnsOne(const std::string& user) const;
  void MarkDue(const std::string& user);
  // Who is there and may have to be asked again, though nothing told.
  void MarkAskingDue();
  net::Task<void> SettleDue();
  net::Task<absl::Status> Settle(std::string user);
  net::Task<absl::Status> SettleAccount(AccountDirectory::Account account, PasswordMark mark);
  net::Task<absl::Status> AskFor(AccountDirectory::Account account, PasswordMark mark);
  net::Task<void> WaitUntilReady();
  // What fetcher or sender is told of.
  struct Retention {
    explicit Retention(boost::asio::any_io_executor executor) : due(executor) {}
    net::Event due;
    // Went offline and have not yet been left out, though they may be back already.
    std::set<std::string> left;
  };
  // Who is available and owns an account whose password is given by hand.
  std::vector<std::string> UsersToRetain(const Retention& retention) const;
  // When `users` were named, and those who had `left` were not.
  net::Task<void> AfterTold(const char* service, absl::Status told, Retention& retention,
                            const std::vector<std::string>& users,
                            const std::set<std::string>& left);
  // Until others are to be named than were `told`, a minute at most.
  net::Task<void> WaitForChange(Retention& retention, const std::vector<std::string>& told);

  FeatureContext context_;
  std::function<bool()> ready_;
  PasswordMarks marks_;
  net::Event due_;
  Retention at_fetcher_, at_sender_;
  std::set<std::string> due_users_;
};

// The message that asks: for clients that know forms and for those that don't.
Element PasswordRequestMessage(const admin::v1::Account& account, absl::string_view domain,
                               absl::string_view id, const Words& words);

// True for the id of such a message.
bool IsPasswordRequest(absl::string_view id);

}  // namespace postern::xmpp_edge
