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

}  // namespace

void AddUsers(Nouns& nouns) {
  CLI::App& users = nouns.AddNoun("users", "Who has registered with the gateway");
  nouns.AddVerb(users, "list", "All users and how many of their accounts fail",
                "LANGUAGE is the one that the user chose; in brackets, what their client speaks.\n"
                "With --json it is in the preferences of 'accounts list'.\n\n"
                "Example:\n  posternctl users list\n",
                ListUsers);
}

}  // namespace postern::posternctl
