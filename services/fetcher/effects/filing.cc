#include "services/fetcher/effects/filing.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/fetcher/mail_requests.h"
#include "services/fetcher/similar_mailbox.h"

namespace postern::fetcher {

namespace {

using Flags = std::vector<std::string>;

// What no server could keep, or what is not a rule's to set, is left out (RFC 5232 section 2).
Flags Settable(const Flags& flags) {
  Flags settable;
  for (const std::string& flag : flags) {
    google::protobuf::RepeatedPtrField<std::string> one;
    *one.Add() = flag;
    auto checked = FlagsOf(one, "flags");
    if (!checked.ok() || checked->empty()) continue;
    if (!absl::c_linear_search(settable, checked->front())) {
      settable.push_back(std::move(checked->front()));
    }
  }
  return settable;
}

Flags Without(const Flags& flags, const Flags& those) {
  Flags left;
  for (const std::string& flag : flags) {
    if (!absl::c_linear_search(those, flag)) left.push_back(flag);
  }
  return left;
}

std::string WayOf(const Plan& plan) {
  std::string way = plan.stays ? "stays" : "goes";
  for (const FilingStep& step : plan.filings) {
    absl::StrAppend(&way, "\n", step.mailbox, "\r", step.special_use, "\r",
                    absl::StrJoin(step.flags, " "), step.create ? "\rcreate" : "");
  }
  return absl::StrCat(way, "\n\n", absl::StrJoin(plan.flags, " "));
}

bool Refused(const absl::Status& status) { return absl::IsFailedPrecondition(status); }

absl::Status NoFolder(const std::string& mailbox) {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("there is no folder \"$0\"", mailbox));
}

}  // namespace

bool Copies(const Plan& plan) {
  return plan.filings.size() > 1 || (plan.stays && !plan.filings.empty());
}

net::Task<absl::Status> FilingVisit::Run() {
  absl::btree_map<std::string, Group> groups;
  for (size_t i = 0; i < mails_.size(); ++i) groups[WayOf(mails_[i]->plan)].push_back(i);
  for (const auto& [way, group] : groups) {
    Outcome outcome;
    outcome.status = co_await FileGroup(mails_[group.front()]->plan, group, outcome.step);
    if (!outcome.status.ok() && !Refused(outcome.status)) co_return outcome.status;
    for (const size_t at : group) outcomes_[at] = outcome;
  }
  co_return absl::OkStatus();
}

std::vector<std::string> FilingVisit::Ids(const Group& group) const {
  std::vector<std::string> ids;
  for (const size_t at : group) ids.push_back(mails_[at]->mail.mail_ref);
  return ids;
}

// Flags go along with what is copied or moved, so they are set before.
net::Task<absl::Status> FilingVisit::FileGroup(const Plan& plan, Group group, size_t& at) {
  const Flags last = Settable(plan.flags), none;
  for (at = 0; at < plan.filings.size(); ++at) {
    const FilingStep& step = plan.filings[at];
    const Flags flags = Settable(step.flags);
    const bool moves = !plan.stays && at + 1 == plan.filings.size();
    if (absl::Status s = co_await Mark(Ids(group), flags, none); !s.ok()) co_return s;
    absl::Status filed;
    if (moves) {
      filed = co_await Transfer(step, Ids(group), true);
    } else {
      filed = co_await Copy(step, group);
    }
    if (!filed.ok()) co_return filed;
    if (moves) co_return absl::OkStatus();
    const Flags gone = Without(flags, last);
    if (absl::Status s = co_await Mark(Ids(group), none, gone); !s.ok()) co_return s;
  }
  co_return co_await Mark(Ids(group), last, none);
}

// A mark that the server can't keep is no reason to leave the mail where it is.
net::Task<absl::Status> FilingVisit::Mark(std::vector<std::string> ids, Flags add, Flags remove) {
  if (add.empty() && remove.empty()) co_return absl::OkStatus();
  absl::Status marked =
      co_await visit_.ChangeFlags(std::move(ids), std::move(add), std::move(remove));
  if (!Refused(marked)) co_return marked;
  log::Info("a mail was not marked as a rule wants it", {{"error", marked.message()}});
  co_return absl::OkStatus();
}

net::Task<absl::Status> FilingVisit::Copy(const FilingStep& step, const Group& group) {
  std::vector<std::string> missing;
  for (const size_t at : group) {
    const JudgedMail& mail = *mails_[at];
    absl::StatusOr<bool> there = false;
    if (begun_.contains(mail.mail.delivery_id)) there = co_await IsThere(step, mail);
    if (!there.ok()) co_return there.status();
    if (!*there) missing.push_back(mail.mail.mail_ref);
  }
  if (missing.empty()) co_return absl::OkStatus();
  co_return co_await Transfer(step, std::move(missing), false);
}

net::Task<absl::StatusOr<bool>> FilingVisit::IsThere(const FilingStep& step,
                                                     const JudgedMail& mail) {
  if (mail.mail.mail.message_id().empty() || step.mailbox.empty()) co_return false;
  MailQuery query;
  query.mailbox = step.mailbox;
  query.criteria.text = mail.mail.mail.message_id();
  query.limit = 1;
  auto found = co_await visit_.SearchMails(query);
  if (Refused(found.status())) {
    auto known = co_await KnownAs(visit_, step.mailbox);
    if (Refused(known.status())) co_return false;
    if (!known.ok()) co_return known.status();
    if (known->empty()) co_return false;
    query.mailbox = *std::move(known);
    found = co_await visit_.SearchMails(std::move(query));
  }
  if (Refused(found.status()) || absl::IsInvalidArgument(found.status())) co_return false;
  if (!found.ok()) co_return found.status();
  co_return !found->mails.empty();
}

net::Task<absl::StatusOr<std::string>> KnownAs(MailboxVisit& visit, const std::string& mailbox) {
  const auto tree = co_await visit.ListFolders();
  if (!tree.ok()) co_return tree.status();
  auto similar = SimilarMailbox(mailbox, tree->Mailboxes());
  if (!similar) co_return NoFolder(mailbox);
  if (*similar == mailbox) co_return std::string();
  co_return *std::move(similar);
}

net::Task<absl::Status> FilingVisit::Put(const std::vector<std::string>& ids,
                                         const std::string& target, bool move) {
  absl::StatusOr<std::string> done;
  if (move) {
    done = co_await visit_.MoveMails(ids, target);
  } else {
    done = co_await visit_.CopyMails(ids, target);
  }
  co_return done.status();
}

net::Task<absl::Status> FilingVisit::Transfer(const FilingStep& step, std::vector<std::string> ids,
                                              bool move) {
  std::vector<std::string> targets;
  if (!step.special_use.empty()) targets.push_back(step.special_use);
  if (!step.mailbox.empty()) targets.push_back(step.mailbox);
  absl::Status done = absl::FailedPreconditionError("no folder is named");
  for (const std::string& target : targets) {
    done = co_await Put(ids, target, move);
    if (!Refused(done)) co_return done;
  }
  if (step.mailbox.empty()) co_return done;
  auto known = co_await KnownAs(visit_, step.mailbox);
  if (Refused(known.status()) && step.create) {
    absl::Status created = co_await visit_.CreateFolder(step.mailbox);
    if (!created.ok()) co_return created;
    done = co_await Put(ids, step.mailbox, move);
    if (!Refused(done)) co_return done;
    known = co_await KnownAs(visit_, step.mailbox);
  }
  if (!known.ok()) co_return known.status();
  if (!known->empty()) done = co_await Put(ids, *known, move);
  co_return done;
}

}  // namespace postern::fetcher
