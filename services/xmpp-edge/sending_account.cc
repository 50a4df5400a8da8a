#include "services/xmpp-edge/sending_account.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

using Account = AccountDirectory::Account;

bool IsSmtp(const Account& account) { return account != nullptr && !IsReceiving(account->type()); }

SendingAccount Own(Account account) {
  SendingAccount sending;
  if (auto from = mail::ParseAddress(account->default_from()); from.ok()) {
    sending.from = *std::move(from);
  }
  sending.account = std::move(account);
  return sending;
}

// By its address, or by the name beside it.
std::optional<SendingAccount> NamedIdentity(const AccountDirectory& directory,
                                            absl::string_view owner, absl::string_view from_line) {
  const auto wanted = mail::ParseAddress(from_line);
  for (const Account& account : directory.Of(owner)) {
    if (!IsSmtp(account)) continue;
    for (const admin::v1::Identity& identity : account->sending().identities()) {
      auto from = mail::ParseAddress(identity.from());
      if (!from.ok()) continue;
      const bool same = wanted.ok() && absl::EqualsIgnoreCase(from->Spec(), wanted->Spec());
      const bool called =
          !from->display_name.empty() && absl::EqualsIgnoreCase(from->display_name, from_line);
      if (!same && !called) continue;
      if (same && !wanted->display_name.empty()) from->display_name = wanted->display_name;
      return SendingAccount{account, *std::move(from), true};
    }
  }
  return std::nullopt;
}

absl::StatusOr<SendingAccount> Named(const AccountDirectory& directory, absl::string_view owner,
                                     absl::string_view from_line, const Words& words) {
  Account called = directory.Find(owner, absl::AsciiStrToLower(from_line));
  if (IsSmtp(called)) return Own(std::move(called));

  if (auto identity = NamedIdentity(directory, owner, from_line)) return *std::move(identity);
  if (auto address = mail::ParseAddress(from_line); address.ok()) {
    for (const Account& account : directory.Of(owner)) {
      if (!IsSmtp(account)) continue;
      SendingAccount sending = Own(account);
      if (!absl::EqualsIgnoreCase(sending.from.Spec(), address->Spec())) continue;
      if (!address->display_name.empty()) {
        sending.from = *std::move(address);
        sending.from_named = true;
      }
      return sending;
    }
  }
  return absl::InvalidArgumentError(texts::NoSuchSender(words, from_line));
}

// The SMTP account with the login of this mailbox: an answer leaves from where the
// mail came in. Only full addresses tell; "ann" may be somebody else elsewhere.
Account PartnerOf(const AccountDirectory& directory, const Account& mailbox) {
  if (mailbox == nullptr || !absl::StrContains(mailbox->login(), '@')) return nullptr;
  for (const Account& account : directory.Of(mailbox->owner())) {
    if (IsSmtp(account) && absl::EqualsIgnoreCase(account->login(), mailbox->login())) {
      return account;
    }
  }
  return nullptr;
}

bool SameLogin(const Account& a, const Account& b) {
  return a != nullptr && b != nullptr && absl::EqualsIgnoreCase(a->login(), b->login());
}

absl::StatusOr<SendingAccount> Choose(const AccountDirectory& directory, absl::string_view owner,
                                      const Place& place, absl::string_view from_line,
                                      absl::string_view answered_account_id, const Words& words) {
  if (!from_line.empty()) return Named(directory, owner, from_line, words);
  if (place.kind == Place::Kind::kAccount && IsSmtp(place.account)) return Own(place.account);

  Account fallback = directory.DefaultSmtp(owner);
  Account mailbox = place.account;
  if (mailbox == nullptr && !answered_account_id.empty()) {
    mailbox = directory.FindById(answered_account_id);
  }
  if (mailbox != nullptr && mailbox->owner() == owner && !SameLogin(fallback, mailbox)) {
    if (Account partner = PartnerOf(directory, mailbox)) return Own(std::move(partner));
  }
  if (fallback == nullptr) return absl::FailedPreconditionError(texts::NoSmtpAccount(words));
  return Own(std::move(fallback));
}

}  // namespace

absl::StatusOr<SendingAccount> ChooseSendingAccount(const AccountDirectory& directory,
                                                    absl::string_view owner, const Place& place,
                                                    absl::string_view from_line,
                                                    absl::string_view answered_account_id,
                                                    const Words& words) {
  auto sending = Choose(directory, owner, place, from_line, answered_account_id, words);
  if (sending.ok() && !sending->account->enabled()) {
    return absl::FailedPreconditionError(texts::AccountIsDisabled(words, sending->account->name()));
  }
  return sending;
}

}  // namespace postern::xmpp_edge
