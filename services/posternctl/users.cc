#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

std::string LanguageWords(const admin::v1::Preferences& preferences) {
  if (!preferences.language().empty()) return preferences.language();
  const std::string& heard = preferences.heard_language();
  return heard.empty() ? "" : absl::StrCat("(", heard, ")");
}

// What each user speaks. The users themselves are listed even where there are too many
// accounts to be listed at once.
absl::StatusOr<absl::flat_hash_map<std::string, std::string>> ReadLanguages(Session& session) {
  auto answer = session.Call(&Session::Stub::ListAccounts, admin::v1::ListAccountsRequest());
  absl::flat_hash_map<std::string, std::string> languages;
  if (absl::IsResourceExhausted(answer.status())) return languages;
  if (!answer.ok()) return answer.status();
  for (const admin::v1::Account& account : answer->accounts())
    languages.emplace(account.owner(), LanguageWords(account.preferences()));
  return languages;
}

absl::Status ListUsers(Session& session) {
  auto answer = session.Call(&Session::Stub::ListUsers, admin::v1::ListUsersRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  auto languages = ReadLanguages(session);
  if (!languages.ok()) return languages.status();
  Table table({"USER", ">ACCOUNTS", ">IN ERROR", "LANGUAGE", "SINCE"});
  for (const admin::v1::User& user : answer->users())
    table.Add({user.jid(), absl::StrCat(user.accounts()), absl::StrCat(user.accounts_in_error()),
               (*languages)[user.jid()], TimeWords(user.created_unix())});
  table.Print(session.out(), "No users.");
  return absl::OkStatus();
}

struct RoleWanted {
  std::string user, role;
};

admin::v1::Role RoleNamed(const std::string& name) {
  if (name == "operator") return admin::v1::ROLE_OPERATOR;
  return name == "redirector" ? admin::v1::ROLE_REDIRECTOR : admin::v1::ROLE_USER;
}

absl::Status SetRole(Session& session, const RoleWanted& wanted) {
  admin::v1::SetRoleRequest request;
  request.set_user(wanted.user);
  request.set_role(RoleNamed(wanted.role));
  auto answer = session.Call(&Session::Stub::SetRole, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(request);
  PrintLine(session.out(), absl::StrCat(wanted.user, ": ", wanted.role, "."));
  return absl::OkStatus();
}

absl::Status ListRoles(Session& session) {
  auto answer = session.Call(&Session::Stub::ListRoles, admin::v1::ListRolesRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"USER", "ROLE"});
  for (const auto& one : answer->roles()) table.Add({one.user(), Words(one.role())});
  table.Print(session.out(), "Nobody is more than a user.");
  return absl::OkStatus();
}

absl::Status RemoveUser(Session& session, const std::string& user) {
  admin::v1::RemoveUserRequest request;
  request.set_user(user);
  auto answer = session.Call(&Session::Stub::RemoveUser, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  const uint32_t count = answer->accounts_removed();
  PrintLine(session.out(), absl::StrCat(user, ": ", count, count == 1 ? " account" : " accounts",
                                        " removed, and all that belongs to the user."));
  return absl::OkStatus();
}

void AddRemove(Nouns& nouns, CLI::App& users) {
  auto user = std::make_shared<std::string>();
  CLI::App& remove = nouns.AddVerb(
      users, "remove", "Remove a user with all accounts",
      "As if the user had unregistered: accounts with their passwords, rules, scripts, lists, the\n"
      "password for scripts and the record of decisions go; mailboxes are not touched. Rules go\n"
      "as soon as the rules service is there. Of a user without accounts it removes what is left.\n"
      "The user's role stays ('users role'), and nothing keeps them from registering anew.\n\n"
      "Example:\n  posternctl users remove ann@example.org\n",
      [user](Session& session) { return RemoveUser(session, *user); });
  remove.add_option("JID", *user, "a bare Jabber address")->required();
}

void AddRoles(Nouns& nouns, CLI::App& users) {
  auto wanted = std::make_shared<RoleWanted>();
  CLI::App& role = nouns.AddVerb(
      users, "role", "Say what a user may do beyond their own accounts",
      "An operator may give commands from chat ('operator help' to the gateway): see users, "
      "accounts\n"
      "and the queue, disable accounts, retry or cancel mails. It is the Jabber address that has\n"
      "the role, with or without accounts here; name only addresses whose server is yours.\n"
      "A redirector is what JSMail called one; here every user may redirect their own mail.\n\n"
      "Examples:\n  posternctl users role ann@example.org operator\n"
      "  posternctl users role ann@example.org user\n",
      [wanted](Session& session) { return SetRole(session, *wanted); });
  role.add_option("JID", wanted->user, "a bare Jabber address")->required();
  role.add_option("ROLE", wanted->role, "user, redirector or operator")
      ->required()
      ->check(CLI::IsMember({"user", "redirector", "operator"}));
  nouns.AddVerb(users, "roles", "Who is more than a user",
                "Those of the admin service's --admins are operators, too.\n\n"
                "Example:\n  posternctl users roles\n",
                ListRoles);
}

}  // namespace

void AddUsers(Nouns& nouns) {
  CLI::App& users = nouns.AddNoun("users", "Who has registered with the gateway");
  nouns.AddVerb(users, "list", "All users and how many of their accounts fail",
                "LANGUAGE is the one that the user chose; in brackets, what their client speaks.\n"
                "With --json it is in the preferences of 'accounts list'.\n\n"
                "Example:\n  posternctl users list\n",
                ListUsers);
  AddRemove(nouns, users);
  AddRoles(nouns, users);
}

}  // namespace postern::posternctl
