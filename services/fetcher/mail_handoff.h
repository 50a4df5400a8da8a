#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/mail.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/fetcher/account.h"
#include "services/fetcher/mail_budget.h"

namespace postern::fetcher {

struct IncomingMail {
  std::string delivery_id;
  mail::v1::Mail mail;   // as it goes over the wire
  std::string mail_ref;  // fetcher.proto: what ReadMails takes for it
};

// The way of a mail once it is read: the rules, then the edge. A Status is an
// obstacle on that way; the mails stay where they are and come again.
class MailHandoff {
 public:
  // `may_deliver` says whether this process may still take its accounts for its own; without
  // it, it may always. While it may not, deliveries are kUnavailable.
  MailHandoff(rules::v1::RulesService::StubInterface& rules,
              edge::v1::EdgeService::StubInterface& edge, std::function<bool()> may_deliver = {});

  struct Judgement {
    bool wanted = false;
    std::string reason;  // which rule, and where it matched; it may quote the mail
  };
  // What the rules say of each; at most kMaxJudged.
  net::Task<absl::StatusOr<std::vector<Judgement>>> Judge(const Account& account,
                                                          const std::vector<IncomingMail>& mails);
  // Leaves those that no rule keeps from being delivered, in their order. At most kMaxJudged.
  net::Task<absl::StatusOr<std::vector<IncomingMail>>> LeaveWanted(const Account& account,
                                                                   std::vector<IncomingMail> mails);

  enum class Answer { kDone, kHeld };  // kHeld: the user's presence asks for another mode now
  // Each mail as a message of its own, in this order; at most kMaxFull.
  net::Task<absl::StatusOr<Answer>> DeliverFull(const Account& account,
                                                std::vector<IncomingMail> mails);
  // One message for all of them; at most kMaxDigest, trimmed by TrimForDigest.
  net::Task<absl::StatusOr<Answer>> DeliverDigest(const Account& account,
                                                  std::vector<IncomingMail> mails);

  // rules.proto, edge.proto
  static constexpr size_t kMaxJudged = 64;
  static constexpr size_t kMaxFull = 32;
  static constexpr size_t kMaxDigest = 200;

  // Of the mails that are on this way.
  MailBudget& budget() { return budget_; }

  // Whether mail of another account went this way in the last second: who has much of it
  // then leaves the others room (invariant 5).
  bool IsShared(const Account& account) const;

 private:
  struct Passage {
    std::string account_id;
    std::chrono::steady_clock::time_point at;
  };
  net::Task<absl::StatusOr<Answer>> Deliver(edge::v1::DeliverRequest request);
  void NotePassage(const Account& account);

  rules::v1::RulesService::StubInterface& rules_;
  edge::v1::EdgeService::StubInterface& edge_;
  const std::function<bool()> may_deliver_;
  MailBudget budget_;
  Passage last_, last_of_another_;  // the newest of two accounts
};

// Leaves what a line of a digest shows: many of them share one message.
void TrimForDigest(mail::v1::Mail& mail);
// What a mail weighs in a call to the edge.
size_t WireSize(const mail::Mail& mail);

}  // namespace postern::fetcher
