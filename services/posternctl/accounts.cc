#include "services/posternctl/accounts.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/posternctl/account_sending.h"
#include "services/posternctl/account_watching.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using admin::v1::Account;
using Stub = Session::Stub;

bool OfRelay(const Account& account) {
  return account.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
}

bool Sends(const Account& account) {
  return OfRelay(account) || account.type() == admin::v1::ACCOUNT_TYPE_SMTP;
}

std::string ServerOf(const Account& account) {
  if (OfRelay(account)) return "the sender's --relay";
  return absl::StrCat(account.host(), ":", account.port());
}

absl::Status ListAccounts(Session& session, const std::string& user) {
  admin::v1::ListAccountsRequest request;
  request.set_owner(user);
  auto answer = session.Call(&Stub::ListAccounts, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"OWNER", "NAME", "TYPE", "HEALTH", "SERVER", "ID", "ERROR AT", "LAST ERROR"});
  for (const Account& account : answer->accounts()) {
    const auto& health = account.health();
    table.Add({account.owner(), account.name(), Words(account.type()), Words(health.state()),
               ServerOf(account), account.id(), TimeWords(health.last_error_unix()),
               health.error().empty() ? health.last_error() : health.error()});
  }
  table.Print(session.out(), "No accounts.");
  return absl::OkStatus();
}

std::string ActionWords(const admin::v1::PresenceActions& actions) {
  return absl::StrCat("chat ", Words(actions.chat()), ", online ", Words(actions.online()),
                      ", away ", Words(actions.away()), ", xa ", Words(actions.xa()), ", dnd ",
                      Words(actions.dnd()), ", offline ", Words(actions.offline()));
}

void AddLogin(const Account& account, Card& card) {
  card.Add("security", Words(account.security()));
  card.Add("login", account.login());
  card.Add("password", account.login().empty()    ? ""
                       : account.store_password() ? "stored, sealed"
                                                  : "not stored; its user is asked");
}

void AddIncoming(const Account& account, Card& card) {
  card.Add("mailbox", account.mailbox());
  card.Add("mail when", ActionWords(account.actions()));
  card.Add("live mail only", account.live_email_only() ? "yes" : "no");
  card.Add("interval", absl::StrCat(account.interval_minutes(), " min"));
  AddWatchingTo(account, card);
}

void AddHealth(const admin::v1::Health& health, Card& card) {
  card.Add("health", Words(health.state()));
  card.Add("since", TimeWords(health.changed_unix()));
  card.Add("error", health.error());
  card.Add("last worked", TimeWords(health.last_ok_unix()));
  card.Add("last error", health.last_error());
  card.Add("last error at", TimeWords(health.last_error_unix()));
}

absl::Status ShowAccount(Session& session, const std::string& name) {
  auto account = FindAccount(session, name);
  if (!account.ok()) return account.status();
  if (session.json) return session.PrintJson(*account);
  Card card;
  card.Add("id", account->id());
  card.Add("owner", account->owner());
  card.Add("name", account->name());
  card.Add("type", Words(account->type()));
  card.Add("enabled", account->enabled() ? "yes" : "no");
  card.Add("server", ServerOf(*account));
  if (!OfRelay(*account)) AddLogin(*account, card);
  if (Sends(*account)) {
    card.Add("from", account->default_from());
    card.Add("default", account->default_account() ? "yes" : "no");
    AddSendingTo(*account, card);
  } else {
    AddIncoming(*account, card);
  }
  card.Add("created", TimeWords(account->created_unix()));
  AddHealth(account->health(), card);
  card.Print(session.out());
  return absl::OkStatus();
}

absl::Status SetEnabled(Session& session, const std::string& name, bool enabled) {
  auto account = FindAccount(session, name);
  if (!account.ok()) return account.status();
  admin::v1::SetAccountEnabledRequest request;
  request.set_account_id(account->id());
  request.set_enabled(enabled);
  auto answer = session.Call(&Stub::SetAccountEnabled, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(answer->account());
  PrintLine(session.out(), absl::StrCat(account->owner(), "/", account->name(), " is ",
                                        enabled ? "enabled." : "disabled."));
  return absl::OkStatus();
}

// Why nothing can be looked for; OK when it can.
absl::Status CheckIsWatched(const Account& account) {
  const std::string name = absl::StrCat(account.owner(), "/", account.name());
  if (absl::Status s = CheckReceives(account); !s.ok()) return s;
  if (!account.enabled()) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is disabled; posternctl accounts enable ", name));
  }
  if (account.health().state() == admin::v1::HEALTH_STATE_ASKING) {
    const bool by_consent = !account.oauth2_provider().empty();
    return absl::FailedPreconditionError(absl::StrCat(
        name, by_consent ? " needs the consent of its user at the mail provider; they are sent a "
                           "link for it when they are online"
                         : " needs its password, which is not stored; its user is asked for it "
                           "when they are online"));
  }
  return absl::OkStatus();
}

absl::Status CheckAccount(Session& session, const std::string& name) {
  auto account = FindAccount(session, name);
  if (!account.ok()) return account.status();
  if (absl::Status s = CheckIsWatched(*account); !s.ok()) return s;
  fetcher::v1::CheckAccountRequest request;
  request.set_account_id(account->id());
  auto answer = session.Call(&Stub::CheckAccount, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  PrintLine(session.out(), absl::StrCat(account->owner(), "/", account->name(),
                                        " is looked through for new mail now."));
  return absl::OkStatus();
}

using Action = absl::Status (*)(Session&, const std::string& account);

void AddVerbOnOne(Nouns& nouns, CLI::App& noun, const std::string& name, const std::string& purpose,
                  const std::string& help, Action action) {
  auto account = std::make_shared<std::string>();
  CLI::App& verb = nouns.AddVerb(noun, name, purpose, help, [account, action](Session& session) {
    return action(session, *account);
  });
  verb.add_option("ACCOUNT", *account, "its id, or OWNER/NAME")->required();
}

}  // namespace

absl::StatusOr<Account> FindAccount(Session& session, const std::string& account) {
  admin::v1::ListAccountsRequest request;
  request.set_account(account);
  auto answer = session.Call(&Stub::ListAccounts, request);
  if (!answer.ok() && !absl::IsNotFound(answer.status())) return answer.status();
  if (!answer.ok() || answer->accounts().empty())
    return absl::NotFoundError(absl::StrCat("there is no account ", account,
                                            "; posternctl accounts list shows all of them"));
  return answer->accounts(0);
}

absl::Status CheckReceives(const Account& account) {
  if (!Sends(account)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(account.owner(), "/", account.name(),
                   " sends mail and receives none; posternctl queue retry sends what waits"));
}

absl::Status CheckSends(const Account& account) {
  if (Sends(account)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(account.owner(), "/", account.name(),
                                                    " receives mail and sends none; it is an "
                                                    "SMTP account that sends"));
}

void AddAccounts(Nouns& nouns) {
  CLI::App& accounts = nouns.AddNoun("accounts", "Mail accounts: health, on and off");
  auto user = std::make_shared<std::string>();
  CLI::App& list = nouns.AddVerb(
      accounts, "list", "All accounts with their health and last error",
      "An account is named by its ID or as OWNER/NAME wherever a command wants one.\n\n"
      "Examples:\n  posternctl accounts list\n"
      "  posternctl accounts list --user ann@example.org --json\n",
      [user](Session& session) { return ListAccounts(session, *user); });
  list.add_option("--user", *user, "only the accounts of this bare JID")->option_text("JID");

  AddVerbOnOne(nouns, accounts, "show", "One account in full",
               "Example:\n  posternctl accounts show ann@example.org/work\n", ShowAccount);
  AddVerbOnOne(nouns, accounts, "enable", "Watch a disabled account again",
               "Example:\n  posternctl accounts enable ann@example.org/work\n",
               [](Session& session, const std::string& account) {
                 return SetEnabled(session, account, true);
               });
  AddVerbOnOne(nouns, accounts, "disable", "Leave an account alone; its settings are kept",
               "Mail stays in the mailbox and is delivered once the account is enabled again.\n\n"
               "Example:\n  posternctl accounts disable ann@example.org/work\n",
               [](Session& session, const std::string& account) {
                 return SetEnabled(session, account, false);
               });
  AddVerbOnOne(nouns, accounts, "check", "Look for new mail now",
               "A digest that is due later is sent at once. At most once a minute for an account.\n"
               "\nExample:\n  posternctl accounts check ann@example.org/work\n",
               CheckAccount);
  AddWatching(nouns, accounts);
  AddSending(nouns, accounts);
}

}  // namespace postern::posternctl
