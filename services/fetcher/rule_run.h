#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/mail_desk.h"
#include "services/fetcher/mail_handoff.h"

namespace postern::fetcher {

// The mails of a folder, judged by the rules as they stand now: what came long ago, or was
// delivered before, too. Nothing in the mailbox changes, and no cursor moves.
class RuleRun {
 public:
  static constexpr size_t kMaxMails = 500;  // of one run

  RuleRun(MailDesk& mails, MailHandoff& handoff) : mails_(mails), handoff_(handoff) {}

  struct Judged {
    MailSummary mail;
    bool wanted = false;
    std::string reason;
  };
  struct Outcome {
    std::vector<Judged> mails;  // newest first
    bool more = false;
  };
  // `deliver`: those that are wanted go to their owner as messages, each under an id of its own:
  // it is no repeat, whatever was delivered before. Errors as MailDesk's; those of the rules and
  // the edge are passed on.
  net::Task<absl::StatusOr<Outcome>> Run(std::shared_ptr<const Account> account, MailQuery query,
                                         bool deliver);

 private:
  struct Order {
    const Account& account;
    const MailQuery& query;
    const bool deliver;
    const std::string run_id;
    uint32_t counted = 0;
    Outcome outcome = {};
    absl::Status trouble = {};  // of the rules or the edge
  };
  net::Task<absl::Status> Visit(MailboxVisit& visit, Order& order);
  net::Task<absl::Status> Take(std::vector<MailSummary> listed, std::vector<FoundMail> read,
                               Order& order);
  net::Task<absl::Status> JudgeSome(std::vector<IncomingMail> mails,
                                    std::vector<MailSummary> summaries, Order& order);

  MailDesk& mails_;
  MailHandoff& handoff_;
};

}  // namespace postern::fetcher
