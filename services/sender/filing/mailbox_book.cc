#include "services/sender/filing/mailbox_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace postern::sender {
namespace {

bool IsInUse(const admin::v1::Account& account) {
  return account.type() == admin::v1::ACCOUNT_TYPE_IMAP && account.enabled();
}

Mailbox ToMailbox(const admin::v1::Account& account) {
  Mailbox mailbox;
  mailbox.id = account.id();
  mailbox.owner = account.owner();
  mailbox.name = account.name();
  mailbox.host = absl::AsciiStrToLower(account.host());
  mailbox.login = absl::AsciiStrToLower(account.login());
  return mailbox;
}

}  // namespace

void MailboxBook::Hear(const admin::v1::ListAccountChangesResponse& answer) {
  if (answer.snapshot()) {
    listing_ = true;
    listed_.clear();
  }
  for (const std::string& id : answer.removed_ids()) {
    Remove(id);
    listed_.erase(id);
  }
  for (const admin::v1::Account& account : answer.changed()) {
    Put(account);
    if (listing_ && IsInUse(account)) listed_[account.id()] = ToMailbox(account);
  }
  if (!listing_ || answer.more()) return;
  // Only the whole listing tells what is gone.
  listing_ = false;
  std::vector<std::string> gone;
  for (const auto& [id, mailbox] : mailboxes_) {
    if (!listed_.contains(id)) gone.push_back(id);
  }
  for (const std::string& id : gone) Remove(id);
  listed_ = Mailboxes();
}

void MailboxBook::Put(const admin::v1::Account& account) {
  Remove(account.id());
  if (!IsInUse(account)) return;
  by_owner_[account.owner()].push_back(account.id());
  mailboxes_[account.id()] = ToMailbox(account);
}

void MailboxBook::Remove(const std::string& id) {
  const auto found = mailboxes_.find(id);
  if (found == mailboxes_.end()) return;
  const auto owner = by_owner_.find(found->second.owner);
  std::erase(owner->second, id);
  if (owner->second.empty()) by_owner_.erase(owner);
  mailboxes_.erase(found);
}

std::vector<const Mailbox*> MailboxBook::Of(absl::string_view owner) const {
  std::vector<const Mailbox*> mailboxes;
  const auto ids = by_owner_.find(owner);
  if (ids == by_owner_.end()) return mailboxes;
  for (const std::string& id : ids->second) mailboxes.push_back(&mailboxes_.at(id));
  std::sort(mailboxes.begin(), mailboxes.end(),
            [](const Mailbox* a, const Mailbox* b) { return a->name < b->name; });
  return mailboxes;
}

}  // namespace postern::sender
