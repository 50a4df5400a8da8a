#include "services/xmpp-edge/features/account_status.h"

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/texts/consent.h"
#include "services/xmpp-edge/texts/status.h"

namespace postern::xmpp_edge {

namespace {

using admin::v1::Account;

constexpr int64_t kTellAgainAfterSeconds = 3600;
// Resources; none is the name of a type, which would be another place: address_map.h.
constexpr absl::string_view kGatewayResource = "postern", kAddressResource = "mail";

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

std::string ErrorText(const Account& account, const Words& words) {
  const std::string problem = Problem(account.health(), words);
  return problem.empty() ? texts::UnknownError(words) : problem;
}

std::string ReadyText(const Account& account, const Words& words) {
  switch (account.type()) {
    case admin::v1::ACCOUNT_TYPE_SMTP:
      return texts::ReadyToSend(words, AccountUrl(account));
    case admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP:  // the relay's address is the operator's business
      return texts::ReadyToSendAs(words, account.default_from());
    case admin::v1::ACCOUNT_TYPE_POP3:
      return texts::WatchingPop3(words, AccountUrl(account));
    default:
      return texts::Watching(words, AccountUrl(account), account.mailbox());
  }
}

std::string AskingText(const Account& account, const Words& words) {
  if (NeedsConsent(account)) return texts::NeedsConsent(words);
  const std::string problem = Problem(account.health(), words);
  return problem.empty() ? texts::NeedsPassword(words) : texts::NeedsPasswordAgain(words, problem);
}

bool OnlySends(const Account& account) {
  return account.type() == admin::v1::ACCOUNT_TYPE_SMTP ||
         account.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
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

std::string AccountPresenceJid(const Account& account, absl::string_view domain) {
  return absl::StrCat(ContactJid(account, domain), "/", NameOfType(account.type()));
}

std::string GatewayPresenceJid(absl::string_view domain) {
  return absl::StrCat(domain, "/", kGatewayResource);
}

std::string AddressPresenceJid(absl::string_view bare) {
  return absl::StrCat(bare, "/", kAddressResource);
}

Element AccountPresence(const Account& account, absl::string_view domain, absl::string_view to,
                        const Words& words) {
  const std::string from = AccountPresenceJid(account, domain);
  if (!account.enabled()) return Presence(from, to, "xa", texts::Disabled(words));
  switch (account.health().state()) {
    case admin::v1::HEALTH_STATE_DISABLED:
      return Presence(from, to, "xa", texts::Disabled(words));
    case admin::v1::HEALTH_STATE_ASKING:
      return Presence(from, to, "xa", AskingText(account, words));
    case admin::v1::HEALTH_STATE_ERROR:
      return Presence(from, to, "dnd", ErrorText(account, words));
    case admin::v1::HEALTH_STATE_OK:
      return Presence(from, to, "", ReadyText(account, words));
    default:
      // A relay is not tried before there is mail for it: nothing is being waited for.
      if (OnlySends(account)) return Presence(from, to, "", ReadyText(account, words));
      return Presence(from, to, "away", texts::Connecting(words, AccountUrl(account)));
  }
}

Element GatewayPresence(size_t accounts, absl::string_view domain, absl::string_view to,
                        const Words& words) {
  return Presence(GatewayPresenceJid(domain), to, "", texts::AccountsRegistered(words, accounts));
}

std::string IntroductionOf(const Account& account, const Words& words) {
  const std::string type = NameOfType(account.type());
  if (!OnlySends(account)) return texts::RequestOfMailbox(words, account.name(), type);
  return texts::RequestOfSender(words, account.name(), type, account.default_from());
}

std::string ErrorFingerprint(const Account& account) {
  const words::Wording problem = rpc::FromProto(account.health().problem());
  const std::string& error = account.health().error();
  return crypto::Sha256Hex(error.empty() ? words::English(problem) : error).substr(0, 16);
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

Element ErrorMessage(const Account& account, const PresenceContacts::Contact& contact,
                     const Words& words) {
  const std::string id =
      crypto::Sha256Hex(absl::StrCat(account.id(), "\n", ErrorFingerprint(account), "\n",
                                     account.health().changed_unix()))
          .substr(0, 32);
  Element message = MakeStanza("message", contact.Bare(), contact.owner, "chat", id);
  message.AddText("body", texts::AccountError(words, account.name(), ErrorText(account, words)));
  message.Add(MakeElement("store", "urn:xmpp:hints"));
  return message;
}

}  // namespace postern::xmpp_edge
