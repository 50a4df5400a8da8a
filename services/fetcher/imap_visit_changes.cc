// The part of ImapVisit that changes mailboxes.

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap_visit.h"

namespace postern::fetcher {

namespace {

// What stands between a folder and one in it; empty: not known, or nothing does.
net::Task<absl::StatusOr<std::string>> AskSeparator(imap::Session& session) {
  std::string separator;
  imap::Session::ListSink sink = [&separator](std::optional<imap::ListedMailbox> mailbox) {
    if (mailbox && separator.empty()) separator = mailbox->separator;
  };
  const std::string top = "%";
  absl::Status listed = co_await session.List(top, std::move(sink));
  if (!listed.ok()) co_return listed;
  co_return separator;
}

}  // namespace

// The mailbox of these mails, opened to change something in it.
net::Task<absl::StatusOr<MailSet>> ImapVisit::SelectFor(std::vector<std::string> ids) {
  auto mails = ParseMailIds(ids);
  if (!mails.ok()) co_return mails.status();
  open_ = mails->mailbox;
  const std::string name = open_.empty() ? account_.mailbox : open_;
  auto selected = co_await session_.Select(name);
  if (!selected.ok()) co_return NotOpened(selected.status());
  mailbox_ = selected->mailbox;
  permanent_flags_ = std::move(selected->permanent_flags);
  if (mails->uid_validity != mailbox_.uid_validity) co_return ChangedMeanwhile();
  if (mailbox_.read_only) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("the mail server lets this folder be read only"));
  }
  co_return mails;
}

// A server that can't keep a flag says OK all the same (RFC 3501 section 7.1).
absl::Status ImapVisit::CheckKept(const std::vector<std::string>& flags) const {
  if (permanent_flags_.empty()) return absl::OkStatus();  // it didn't tell
  for (const std::string& flag : flags) {
    const bool kept =
        std::any_of(permanent_flags_.begin(), permanent_flags_.end(), [&](const auto& known) {
          return absl::EqualsIgnoreCase(known, flag) || (known == "\\*" && flag[0] != '\\');
        });
    if (!kept) {
      return words::Error(absl::StatusCode::kFailedPrecondition,
                          words::Word("the mail server can't keep the mark \"$0\"", flag));
    }
  }
  return absl::OkStatus();
}

net::Task<absl::Status> ImapVisit::ChangeFlags(std::vector<std::string> ids,
                                               std::vector<std::string> add,
                                               std::vector<std::string> remove) {
  auto mails = co_await SelectFor(std::move(ids));
  if (!mails.ok()) co_return mails.status();
  if (absl::Status s = CheckKept(add); !s.ok()) co_return s;
  absl::Status stored;
  if (!add.empty()) {
    stored = co_await session_.Store(mails->uids, imap::FlagChange::kAdd, add);
  }
  if (stored.ok() && !remove.empty()) {
    stored = co_await session_.Store(mails->uids, imap::FlagChange::kRemove, remove);
  }
  if (!stored.ok()) co_return Failed(Step::kRead, stored);
  co_return absl::OkStatus();
}

// "\Trash" is the folder of that use.
net::Task<absl::StatusOr<std::string>> ImapVisit::FindTarget(std::string name) {
  const std::string use = imap::SpecialUseOf(name);
  if (use.empty()) co_return name;
  FolderTree tree;
  std::vector<imap::ListedMailbox> few;
  if (absl::Status s = co_await ListNames(tree, few); !s.ok()) co_return s;
  std::optional<std::string> mailbox = tree.MailboxFor(use);
  if (!mailbox) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("the mailbox has no folder for \"$0\"", use));
  }
  co_return *std::move(mailbox);
}

net::Task<absl::StatusOr<std::string>> ImapVisit::Transfer(std::vector<std::string> ids,
                                                           std::string to, bool move) {
  auto target = co_await FindTarget(std::move(to));
  if (!target.ok()) co_return target.status();
  auto mails = co_await SelectFor(std::move(ids));
  if (!mails.ok()) co_return mails.status();
  absl::Status done;
  if (move) {
    done = co_await session_.Move(mails->uids, *target);
  } else {
    done = co_await session_.Copy(mails->uids, *target);
  }
  if (!done.ok()) co_return Failed(Step::kRead, done);
  co_return target;
}

net::Task<absl::StatusOr<std::string>> ImapVisit::MoveMails(std::vector<std::string> ids,
                                                            std::string to) {
  co_return co_await Transfer(std::move(ids), std::move(to), true);
}

net::Task<absl::StatusOr<std::string>> ImapVisit::CopyMails(std::vector<std::string> ids,
                                                            std::string to) {
  co_return co_await Transfer(std::move(ids), std::move(to), false);
}

// In rules people write "Lists/dev" whatever their server has between the levels, and "Lists"
// where it has all folders below INBOX.
net::Task<absl::Status> ImapVisit::CreateFolder(std::string mailbox) {
  absl::Status created = co_await session_.Create(mailbox);
  if (absl::IsFailedPrecondition(created)) {
    const auto separator = co_await AskSeparator(session_);
    if (!separator.ok()) co_return Failed(Step::kRead, separator.status());
    const std::string spelled = absl::StrReplaceAll(mailbox, {{"/", *separator}});
    if (!separator->empty() && spelled != mailbox) created = co_await session_.Create(spelled);
    if (absl::IsFailedPrecondition(created) && !separator->empty()) {
      const std::string below = absl::StrCat("INBOX", *separator, spelled);
      absl::Status there = co_await session_.Create(below);
      if (!absl::IsFailedPrecondition(there)) created = there;
    }
  }
  if (!created.ok()) co_return Failed(Step::kRead, created);
  co_return created;
}

net::Task<absl::Status> ImapVisit::DeleteMails(std::vector<std::string> ids) {
  auto mails = co_await SelectFor(std::move(ids));
  if (!mails.ok()) co_return mails.status();
  absl::Status removed = co_await session_.Expunge(mails->uids);
  if (!removed.ok()) co_return Failed(Step::kRead, removed);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<Filed>> ImapVisit::AppendMail(Filing filing) {
  auto target = co_await FindTarget(std::move(filing.mailbox));
  if (!target.ok()) co_return target.status();
  auto appended = co_await session_.Append(*target, filing.mail, std::move(filing.pieces));
  if (!appended.ok()) {
    // Ours and the caller's own errors are theirs; the rest is the server's doing.
    const bool callers = absl::IsInvalidArgument(appended.status());
    co_return callers ? appended.status() : Failed(Step::kRead, appended.status());
  }
  Filed filed;
  filed.mailbox = *std::move(target);
  if (appended->has_value()) {
    const MailId id{OwnName(filed.mailbox), (*appended)->uid_validity, (*appended)->uid};
    filed.id = WriteMailId(id);
  }
  co_return filed;
}

net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> ImapVisit::AskQuota() {
  auto quota = co_await session_.AskQuota(account_.mailbox);
  if (!quota.ok()) co_return Failed(Step::kRead, quota.status());
  co_return quota;
}

}  // namespace postern::fetcher
