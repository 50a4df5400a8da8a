#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

absl::Status ListUsers(Session& session) {
  auto answer = session.Call(&Session::Stub::ListUsers, admin::v1::ListUsersRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"USER", ">ACCOUNTS", ">IN ERROR", "SINCE"});
  for (const admin::v1::User& user : answer->users())
    table.Add({user.jid(), absl::StrCat(user.accounts()), absl::StrCat(user.accounts_in_error()),
               TimeWords(user.created_unix())});
  table.Print(session.out(), "No users.");
  return absl::OkStatus();
}

}  // namespace

void AddUsers(Nouns& nouns) {
  CLI::App& users = nouns.AddNoun("users", "Who has registered with the gateway");
  nouns.AddVerb(users, "list", "All users and how many of their accounts fail",
                "Example:\n  posternctl users list\n", ListUsers);
}

}  // namespace postern::posternctl
