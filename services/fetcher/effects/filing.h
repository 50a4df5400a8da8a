#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// Puts mails of one mailbox where the rules say, and marks them, on a visit to it (IMAP). Those
// with the same way go together. What was moved once is not there any more, so a repeat does
// nothing; a copy is looked for by its Message-ID first where `begun` says that it may be there.
//
// `outcomes` has one for each mail. Answers an error when the connection is of no more use: then
// those that have no outcome yet come again.
class FilingVisit {
 public:
  struct Outcome {
    absl::Status status;  // kFailedPrecondition: refused for good; the mail is where it was
    size_t step = 0;      // of its plan's filings, where it ended then; those before are done
  };
  FilingVisit(MailboxVisit& visit, const std::vector<JudgedMail*>& mails,
              const absl::flat_hash_set<std::string>& begun, std::vector<Outcome>& outcomes)
      : visit_(visit), mails_(mails), begun_(begun), outcomes_(outcomes) {}

  net::Task<absl::Status> Run();

 private:
  using Group = std::vector<size_t>;  // of mails_
  std::vector<std::string> Ids(const Group& group) const;
  // `step`: the one that it has come to.
  net::Task<absl::Status> FileGroup(const Plan& plan, Group group, size_t& step);
  net::Task<absl::Status> Copy(const FilingStep& step, const Group& group);
  net::Task<absl::StatusOr<bool>> IsThere(const FilingStep& step, const JudgedMail& mail);
  // Moves or copies.
  net::Task<absl::Status> Put(const std::vector<std::string>& ids, const std::string& target,
                              bool move);
  // The same, by the name that the server has for it; makes the folder where that is wanted.
  net::Task<absl::Status> Transfer(const FilingStep& step, std::vector<std::string> ids, bool move);
  net::Task<absl::Status> Mark(std::vector<std::string> ids, std::vector<std::string> add,
                               std::vector<std::string> remove);

  MailboxVisit& visit_;
  const std::vector<JudgedMail*>& mails_;
  const absl::flat_hash_set<std::string>& begun_;
  std::vector<Outcome>& outcomes_;
};

// What the server calls a folder that it does not know by the name in the rule: "Lists.dev" or
// "INBOX.Lists.dev" for "Lists/dev". Empty: by this very name. kFailedPrecondition: it has nothing
// like it.
net::Task<absl::StatusOr<std::string>> KnownAs(MailboxVisit& visit, const std::string& mailbox);

// Whether a copy is made that a repeat would make again.
bool Copies(const Plan& plan);

}  // namespace postern::fetcher
