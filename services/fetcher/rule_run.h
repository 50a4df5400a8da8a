#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/mail_desk.h"
#include "services/fetcher/mail_handoff.h"

namespace postern::fetcher {

// The mails of a folder, judged by the rules as they stand now: what came long ago, or was
// delivered before, too. No cursor moves, and unless it is asked for nothing changes.
class RuleRun {
 public:
  static constexpr size_t kMaxMails = 500;  // of one run

  RuleRun(MailDesk& mails, MailHandoff& handoff) : mails_(mails), handoff_(handoff) {}

  struct Judged {
    MailSummary mail;
    bool wanted = false;
    std::string reason;
    std::vector<std::string> actions;
  };
  struct Outcome {
    std::vector<Judged> mails;  // newest first
    bool more = false;
    // Of mails, by what is done with them; whom an answer goes to, and until when each is held, is
    // left out.
    std::map<std::string, uint32_t> counts;
  };
  // With neither, it is a dry run: nothing is recorded.
  struct Wish {
    // Those that are wanted go to their owner as messages, each under an id of its own: it is no
    // repeat, whatever was delivered before.
    bool deliver = false;
    bool carry_out = false;     // all else that the rules say, but for answers
    std::string try_script;     // of a dry run: in place of the owner's own
    bool try_personal = false;  // in place of their personal rules instead
  };
  // Errors as MailDesk's; those of the rules, the edge and the sender are passed on.
  net::Task<absl::StatusOr<Outcome>> Run(std::shared_ptr<const Account> account, MailQuery query,
                                         Wish wish);

 private:
  struct Order {
    const Account& account;
    const MailQuery& query;
    const Wish& wish;
    const std::string run_id;
    uint32_t counted = 0;
    Outcome outcome = {};
    absl::Status trouble = {};  // of the rules or the edge
  };
  static std::string IdFor(const std::string& ref, Order& order);
  net::Task<absl::Status> Visit(MailboxVisit& visit, Order& order);
  net::Task<absl::Status> Take(MailboxVisit& visit, std::vector<MailSummary> listed,
                               std::vector<FoundMail> read, Order& order);
  net::Task<absl::Status> JudgeSome(MailboxVisit& visit, std::vector<JudgedMail> mails,
                                    std::vector<MailSummary> summaries, Order& order);
  net::Task<absl::Status> CarryOut(MailboxVisit& visit, std::vector<JudgedMail>& mails,
                                   const ReadWhole& read, const Account& account);
  net::Task<absl::Status> Deliver(std::vector<JudgedMail>& mails, const Account& account);

  MailDesk& mails_;
  MailHandoff& handoff_;
};

}  // namespace postern::fetcher
