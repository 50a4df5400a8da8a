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
#include "services/fetcher/effects/judging.h"
#include "services/fetcher/incoming_mail.h"
#include "services/fetcher/mail_budget.h"

namespace postern::fetcher {

class RuleEffects;  // effects/rule_effects.h

// The way of a mail once it is read: the rules, then the edge. A Status is an
// obstacle on that way; the mails stay where they are and come again.
class MailHandoff {
 public:
  // `may_deliver` says whether this process may still take its accounts for its own; without
  // it, it may always. While it may not, deliveries are kUnavailable.
  MailHandoff(rules::v1::RulesService::StubInterface& rules,
              edge::v1::EdgeService::StubInterface& edge, std::function<bool()> may_deliver = {});

  // What the rules say of each of these. Counts and logs what they leave out.
  net::Task<absl::Status> Judge(Judging::Question& question, std::vector<JudgedMail>& mails);
  Judging& judging() { return judging_; }

  // What carries out the rest of what they say; outlives this. Without it nobody does.
  void Attach(RuleEffects& effects) { effects_ = &effects; }
  RuleEffects* effects() { return effects_; }

  enum class Answer { kDone, kHeld };  // kHeld: the user's presence asks for another mode now
  // Each mail as a message of its own, in this order; at most kMaxFull.
  net::Task<absl::StatusOr<Answer>> DeliverFull(const Account& account,
                                                std::vector<IncomingMail> mails);
  // One message for all of them; at most kMaxDigest, trimmed by TrimForDigest. Urgent when the
  // first one is.
  net::Task<absl::StatusOr<Answer>> DeliverDigest(const Account& account,
                                                  std::vector<IncomingMail> mails);

  // rules.proto, edge.proto
  static constexpr size_t kMaxJudged = Judging::kMost;
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

  Judging judging_;
  RuleEffects* effects_ = nullptr;
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
