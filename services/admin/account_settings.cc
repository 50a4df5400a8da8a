#include "services/admin/account_settings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "services/admin/account_name.h"
#include "services/admin/bare_jid.h"
#include "services/admin/field_error.h"
#include "services/admin/host_syntax.h"
#include "services/admin/oauth2/provider_choice.h"
#include "services/admin/readable_text.h"
#include "services/admin/sending.h"
#include "services/admin/watching.h"

namespace postern::admin {
namespace {

// All of an account's settings together stay far below one gRPC message even
// when thousands of accounts travel in it.
constexpr size_t kMaxTextBytes = 512;
constexpr size_t kMaxPasswordBytes = 1024;
constexpr size_t kMaxTagBytes = 35;
constexpr uint32_t kMaxPort = 65535;
constexpr uint32_t kMaxIntervalMinutes = 24 * 60;

absl::Status CheckText(absl::string_view field, absl::string_view text, size_t max_bytes) {
  if (HasControlCharacter(text)) {
    return WrongField(field, words::Word("must not hold control characters"));
  }
  if (text.size() > max_bytes) {
    return WrongField(field, words::Word("must have at most $0 bytes", max_bytes));
  }
  return absl::OkStatus();
}

absl::Status Empty(absl::string_view field) {
  return WrongField(field, words::Word("must not be empty"));
}

absl::Status CheckConnection(v1::Account& account) {
  auto host = NormalizeHost(account.host());
  if (!host.ok()) return WrongField("host", *words::WordingOf(host.status()));
  account.set_host(*host);
  if (account.port() < 1 || account.port() > kMaxPort) {
    return WrongField("port", words::Word("must be a number from $0 to $1", 1, kMaxPort));
  }
  switch (account.security()) {
    case v1::SECURITY_TLS:
    case v1::SECURITY_STARTTLS:
    case v1::SECURITY_NONE:
      return absl::OkStatus();
    default:
      return WrongField("ssl", words::Word("it is not said how the connection is protected"));
  }
}

absl::Status CheckLogin(v1::Account& account, absl::string_view password) {
  if (auto s = CheckText("login", account.login(), kMaxTextBytes); !s.ok()) return s;
  if (auto s = CheckText("password", password, kMaxPasswordBytes); !s.ok()) return s;
  if (account.login().empty()) {
    if (account.type() != v1::ACCOUNT_TYPE_SMTP) return Empty("login");
    if (!password.empty()) {
      return WrongField("login", words::Word("must not be empty when there is a password"));
    }
    account.clear_sealed_password();   // a relay that asks for no login
    account.set_store_password(true);  // nobody is to be asked for one
    return absl::OkStatus();
  }
  if (!account.store_password()) {  // a given one is held by those who use it
    account.clear_sealed_password();
  } else if (password.empty() && account.sealed_password().empty() &&
             account.oauth2_provider().empty()) {
    return WrongField("password", words::Word("must not be empty; with \"store the password\" "
                                              "switched off, the gateway asks you for it"));
  }
  return absl::OkStatus();
}

// Fills in what JMC took for granted; `field` for what is neither.
absl::Status CheckAction(absl::string_view field, v1::Action wanted, v1::Action otherwise,
                         void (v1::PresenceActions::*set)(v1::Action),
                         v1::PresenceActions& actions) {
  if (wanted == v1::ACTION_UNSPECIFIED) wanted = otherwise;
  if (wanted < v1::ACTION_NOTHING || wanted > v1::ACTION_FULL) {
    return WrongField(field, words::Word("must be one of nothing, digest and full"));
  }
  (actions.*set)(wanted);
  return absl::OkStatus();
}

absl::Status CheckActions(v1::PresenceActions& actions) {
  const v1::PresenceActions wanted = actions;
  using Actions = v1::PresenceActions;
  const struct {
    const char* field;
    v1::Action wanted, otherwise;
    void (Actions::*set)(v1::Action);
  } states[] = {
      {"chat_action", wanted.chat(), v1::ACTION_FULL, &Actions::set_chat},
      {"online_action", wanted.online(), v1::ACTION_FULL, &Actions::set_online},
      {"away_action", wanted.away(), v1::ACTION_DIGEST, &Actions::set_away},
      {"xa_action", wanted.xa(), v1::ACTION_DIGEST, &Actions::set_xa},
      {"dnd_action", wanted.dnd(), v1::ACTION_DIGEST, &Actions::set_dnd},
      {"offline_action", wanted.offline(), v1::ACTION_NOTHING, &Actions::set_offline},
  };
  for (const auto& state : states) {
    auto s = CheckAction(state.field, state.wanted, state.otherwise, state.set, actions);
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status CheckMailbox(v1::Account& account) {
  account.clear_default_account();
  account.clear_default_from();
  if (auto s = CheckActions(*account.mutable_actions()); !s.ok()) return s;
  if (account.interval_minutes() < 1 || account.interval_minutes() > kMaxIntervalMinutes) {
    return WrongField("interval", words::Word("must be a number of minutes from $0 to $1", 1,
                                              kMaxIntervalMinutes));
  }
  if (account.type() == v1::ACCOUNT_TYPE_POP3) account.clear_mailbox();  // it has but one
  if (account.type() == v1::ACCOUNT_TYPE_IMAP && account.mailbox().empty()) {
    account.set_mailbox("INBOX");
  }
  return CheckText("mailbox", account.mailbox(), kMaxTextBytes);
}

// Also answers the address itself.
absl::StatusOr<mail::Address> CheckFrom(v1::Account& account) {
  if (auto s = CheckText("default_from", account.default_from(), kMaxTextBytes); !s.ok()) return s;
  const std::string from(absl::StripAsciiWhitespace(account.default_from()));
  auto address = mail::ParseAddress(from);
  if (!address.ok()) {
    return WrongField("default_from", words::Word("must be a mail address, like $0 or $1",
                                                  "ann@example.org", "Ann <ann@example.org>"));
  }
  account.set_default_from(from);
  return address;
}

void ClearIncoming(v1::Account& account) {
  account.clear_actions();
  account.clear_live_email_only();
  account.clear_interval_minutes();
  account.clear_mailbox();
}

// The connection and the password are the operator's.
absl::Status CheckRelayAccount(v1::Account& account, const RelayRules& relay) {
  if (!relay.offered) {
    return WrongField("type", words::Word("this gateway has no mail server of its own to send by"));
  }
  account.clear_host();
  account.clear_port();
  account.clear_security();
  account.clear_login();
  account.clear_sealed_password();
  account.set_store_password(true);  // nobody is to be asked for one
  ClearIncoming(account);
  auto from = CheckFrom(account);
  if (!from.ok()) return from.status();
  return CheckRelaySender(relay, account.owner(), *from);
}

struct Site {
  const RelayRules& relay;
  const OAuth2Providers& oauth2;
};

// `before`: nullptr for a new account.
absl::Status CheckSettings(const v1::Account* before, v1::Account& account,
                           absl::string_view password, const Site& site) {
  if (account.type() == v1::ACCOUNT_TYPE_GLOBAL_SMTP) {
    account.clear_oauth2_provider();
    return CheckRelayAccount(account, site.relay);
  }
  if (auto s = CheckConnection(account); !s.ok()) return s;
  ChooseProvider(before, password, site.oauth2, account);
  if (auto s = CheckLogin(account, password); !s.ok()) return s;
  if (account.type() != v1::ACCOUNT_TYPE_SMTP) return CheckMailbox(account);
  ClearIncoming(account);
  return CheckFrom(account).status();
}

absl::Status Fixed(absl::string_view field) {
  return WrongField(field, words::Word("can't be changed; register another account"));
}

bool IsKnown(v1::AccountType type) {
  return type >= v1::ACCOUNT_TYPE_IMAP && type <= v1::ACCOUNT_TYPE_GLOBAL_SMTP;
}

// The signs and the length of a tag, RFC 5646 section 4.4.1; empty: none.
bool LooksLikeATag(absl::string_view tag) {
  return tag.size() <= kMaxTagBytes && std::all_of(tag.begin(), tag.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-';
         });
}

}  // namespace

bool Sends(const v1::Account& account) {
  return account.type() == v1::ACCOUNT_TYPE_SMTP || account.type() == v1::ACCOUNT_TYPE_GLOBAL_SMTP;
}

absl::StatusOr<v1::Account> NewSettings(const v1::Account& wanted, absl::string_view password,
                                        const RelayRules& relay, const OAuth2Providers& oauth2) {
  v1::Account account = wanted;
  account.clear_id();
  account.clear_health();
  account.clear_sealed_password();
  account.clear_created_unix();
  account.clear_preferences();
  account.clear_watching();
  account.clear_sending();
  account.clear_route();
  account.set_settings_revision(1);
  account.set_enabled(true);
  if (!IsKnown(account.type())) {
    return WrongField("type", words::Word("must be one of IMAP, POP3 and SMTP"));
  }
  auto owner = NormalizeBareJid("owner", account.owner());
  if (!owner.ok()) return owner.status();
  account.set_owner(*owner);
  auto name = NormalizeAccountName(account.name());
  if (!name.ok()) return name.status();
  account.set_name(*name);
  if (auto s = CheckSettings(nullptr, account, password, {relay, oauth2}); !s.ok()) return s;
  return account;
}

crypto::PasswordUse UseOf(const v1::Account& account) {
  return {account.host(), account.login(), account.security() != v1::SECURITY_NONE};
}

absl::StatusOr<v1::Account> UpdatedSettings(const v1::Account& before, const v1::Account& wanted,
                                            absl::string_view password, const RelayRules& relay,
                                            const OAuth2Providers& oauth2) {
  if (wanted.type() != before.type()) return Fixed("type");
  auto name = NormalizeAccountName(wanted.name().empty() ? before.name() : wanted.name());
  if (!name.ok()) return name.status();
  if (*name != before.name()) return Fixed("name");
  v1::Account account = wanted;
  account.set_id(before.id());
  account.set_owner(before.owner());
  account.set_name(before.name());
  account.set_enabled(before.enabled());
  account.set_sealed_password(before.sealed_password());
  account.set_created_unix(before.created_unix());
  account.set_settings_revision(before.settings_revision() + 1);
  account.clear_health();
  account.clear_preferences();
  if (before.has_preferences()) *account.mutable_preferences() = before.preferences();
  account.clear_watching();
  account.clear_sending();
  account.set_route(before.route());
  if (auto s = CheckSettings(&before, account, password, {relay, oauth2}); !s.ok()) return s;
  if (password.empty() && !account.sealed_password().empty()) {
    if (auto s = crypto::CheckPasswordUse(UseOf(before), UseOf(account)); !s.ok()) return s;
  }
  if (before.has_watching()) *account.mutable_watching() = KeptWatching(before, account);
  if (before.has_sending()) *account.mutable_sending() = KeptSending(before, account);
  return account;
}

absl::Status CheckPreferences(const v1::Preferences& preferences) {
  // The edge offers what it has and hears what clients say: no user types a tag.
  constexpr char kReason[] = ": must be a language tag, like de or pt-BR";
  if (!LooksLikeATag(preferences.language())) {
    return absl::InvalidArgumentError(absl::StrCat("language", kReason));
  }
  if (!LooksLikeATag(preferences.heard_language())) {
    return absl::InvalidArgumentError(absl::StrCat("heard_language", kReason));
  }
  return absl::OkStatus();
}

std::vector<std::string> ChangedFields(const v1::Account& before, const v1::Account& after) {
  const std::pair<const char*, bool> fields[] = {
      {"login", before.login() != after.login()},
      {"password", before.sealed_password() != after.sealed_password()},
      {"host", before.host() != after.host()},
      {"port", before.port() != after.port()},
      {"store_password", before.store_password() != after.store_password()},
      {"ssl", before.security() != after.security()},
      {"actions", before.actions().SerializeAsString() != after.actions().SerializeAsString()},
      {"live_email_only", before.live_email_only() != after.live_email_only()},
      {"interval", before.interval_minutes() != after.interval_minutes()},
      {"mailbox", before.mailbox() != after.mailbox()},
      {"default_account", before.default_account() != after.default_account()},
      {"default_from", before.default_from() != after.default_from()},
  };
  std::vector<std::string> changed;
  for (const auto& [name, differs] : fields) {
    if (differs) changed.emplace_back(name);
  }
  return changed;
}

bool NeedsNewCheck(const v1::Account& before, const v1::Account& after) {
  static constexpr absl::string_view kTried[] = {"login", "password", "host",
                                                 "port",  "ssl",      "mailbox"};
  const auto changed = ChangedFields(before, after);
  return std::any_of(changed.begin(), changed.end(), [](const std::string& field) {
    return std::find(std::begin(kTried), std::end(kTried), field) != std::end(kTried);
  });
}

}  // namespace postern::admin
