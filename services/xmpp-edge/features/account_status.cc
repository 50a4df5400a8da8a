#include "services/xmpp-edge/features/account_status.h"

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {

namespace {

using admin::v1::Account;

constexpr int64_t kTellAgainAfterSeconds = 3600;

absl::string_view Scheme(const Account& account) {
  const bool tls = account.security() == admin::v1::SECURITY_TLS;
  switch (account.type()) {
    case admin::v1::ACCOUNT_TYPE_IMAP:
      return tls ? "imaps" : "imap";
    case admin::v1::ACCOUNT_TYPE_POP3:
      return tls ? "pop3s" : "pop3";
    default:
      return tls ? "smtps" : "smtp";
  }
}

std::string ErrorText(const Account& account) {
  return account.health().error().empty() ? std::string(texts::kUnknownError)
                                          : account.health().error();
}

Element Presence(absl::string_view from, absl::string_view to, absl::string_view show,
                 absl::string_view status) {
  Element presence = MakeStanza("presence", from, to);
  if (!show.empty()) presence.AddText("show", show);
  presence.AddText("status", status);
  return presence;
}

}  // namespace

std::string AccountUrl(const Account& account) {
  const std::string login = account.login().empty() ? "" : absl::StrCat(account.login(), "@");
  return absl::StrCat(Scheme(account), "://", login, account.host(), ":", account.port());
}

Element AccountPresence(const Account& account, absl::string_view from, absl::string_view to) {
  if (!account.enabled()) return Presence(from, to, "xa", texts::kDisabled);
  const std::string url = AccountUrl(account);
  switch (account.health().state()) {
    case admin::v1::HEALTH_STATE_DISABLED:
      return Presence(from, to, "xa", texts::kDisabled);
    case admin::v1::HEALTH_STATE_ERROR:
      return Presence(from, to, "dnd", ErrorText(account));
    case admin::v1::HEALTH_STATE_OK:
      return Presence(from, to, "",
                      account.type() == admin::v1::ACCOUNT_TYPE_SMTP
                          ? texts::ReadyToSend(url)
                          : texts::Watching(url, account.mailbox()));
    default:
      // A relay is not tried before there is mail for it: nothing is being waited for.
      if (account.type() == admin::v1::ACCOUNT_TYPE_SMTP) {
        return Presence(from, to, "", texts::ReadyToSend(url));
      }
      return Presence(from, to, "away", texts::Connecting(url));
  }
}

Element GatewayPresence(size_t accounts, absl::string_view domain, absl::string_view to) {
  return Presence(domain, to, "", texts::AccountsRegistered(accounts));
}

std::string ErrorFingerprint(const Account& account) {
  return crypto::Sha256Hex(ErrorText(account)).substr(0, 16);
}

bool IsWorthTelling(const Account& account, const PresenceContacts::Contact& contact,
                    int64_t now_unix) {
  if (!account.enabled() || account.health().state() != admin::v1::HEALTH_STATE_ERROR) {
    return false;
  }
  if (contact.told_error != ErrorFingerprint(account)) return true;
  return account.health().last_ok_unix() > contact.told_unix &&
         now_unix - contact.told_unix >= kTellAgainAfterSeconds;
}

Element ErrorMessage(const Account& account, const PresenceContacts::Contact& contact) {
  const std::string id = crypto::Sha256Hex(absl::StrCat(account.id(), "\n", ErrorText(account),
                                                        "\n", account.health().changed_unix()))
                             .substr(0, 32);
  Element message = MakeStanza("message", contact.jid, contact.owner, "chat", id);
  message.AddText("body", texts::AccountError(account.name(), ErrorText(account)));
  message.Add(MakeElement("store", "urn:xmpp:hints"));
  return message;
}

}  // namespace postern::xmpp_edge
