// What the importer makes of a password file, a scheduler file and a file of POP3 accounts: no
// password of theirs is left, and nobody is lost.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "services/rules/jsmail/installation.h"
#include "services/rules/jsmail/password_roles.h"
#include "services/rules/jsmail/pop_accounts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::rules::jsmail;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto users = UsersOf(text, false);
  const std::string without = WithoutPasswords(text);
  const auto again = UsersOf(without, true);
  if (again.size() != users.size()) std::abort();
  for (size_t i = 0; i < users.size(); ++i) {
    if (users[i].name != again[i].name) std::abort();
    const bool same = users[i].role == again[i].role;
    if (same != (users[i].role == Role::kUser)) std::abort();
  }
  if (WithoutPasswords(without) != without) std::abort();
  const std::string routes = ScheduleWithoutLogins(text);
  if (ScheduleWithoutLogins(routes) != routes) std::abort();
  const ReadPopAccounts read = ParsePopAccounts(text, "p", size % 2 == 0);
  for (const PopAccount& account : read.accounts) {
    if (account.host.empty() || account.port == 0 || account.user.empty()) std::abort();
  }
  (void)KindOfText(text);
  (void)KindOfFile(text);
  return 0;
}
