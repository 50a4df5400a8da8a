#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Rules tried on the mails of a folder, and applied to them.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: $1 is a folder, $2 an account; a list follows.
inline std::string WouldBeDone(const Words& words, size_t count, absl::string_view folder,
                               absl::string_view account) {
  return words.Plural("What rules (yours and this gateway's) would do with $0 mail in $1 ($2):",
                      "What rules (yours and this gateway's) would do with $0 mails in $1 ($2):",
                      count, folder, account);
}
inline std::string WasDone(const Words& words, size_t count, absl::string_view folder,
                           absl::string_view account) {
  return words.Plural("What rules (yours and this gateway's) did with $0 mail in $1 ($2):",
                      "What rules (yours and this gateway's) did with $0 mails in $1 ($2):", count,
                      folder, account);
}
// TRANSLATORS: $0 is a number of mails, $1 what is done with them ("move it to the folder "x"").
inline std::string CountLine(const Words& words, size_t count, absl::string_view what) {
  return words.Say("$0 × $1", count, what);
}
inline std::string LeftAsTheyAre(const Words& words, size_t count) {
  return words.Say("$0 × nothing", count);
}
inline std::string MailsBehind(const Words& words, size_t looked) {
  return words.Say("There are older mails; only the newest $0 were looked at.", looked);
}
// TRANSLATORS: $0 is what users type: "rules apply INBOX".
inline std::string NothingChanged(const Words& words, absl::string_view command) {
  return words.Say("Nothing was changed. Write \"$0\" to have it done.", command);
}
inline std::string NothingToDo(const Words& words) {
  return words.Say("Nothing was changed, and there is nothing to do.");
}
// TRANSLATORS: a list follows, as above.
inline std::string OfNewMail(const Words& words) {
  return words.Say(
      "If such mails came now (those that lie there are neither shown again nor answered):");
}
// TRANSLATORS: "yes" and "no" are what users type.
inline std::string SayYes(const Words& words) {
  return words.Say(
      "Answer \"yes\" within ten minutes to have that done, or \"no\". No mail is shown to you "
      "again, and none is answered.");
}
inline std::string FolderEmpty(const Words& words, absl::string_view folder,
                               absl::string_view account) {
  return words.Say("There is no mail in $0 ($1).", folder, account);
}
inline std::string NoMailbox(const Words& words) {
  return words.Say("You have no account that receives mail. Register one first.");
}
// TRANSLATORS: $0 are names of accounts; $1 is what users type: "rules try home INBOX".
inline std::string WhichAccount(const Words& words, absl::string_view accounts,
                                absl::string_view example) {
  return words.Say("In which account? You have $0; write \"$1\".", accounts, example);
}
// TRANSLATORS: $0 is a folder, $1 a sentence.
inline std::string NotTried(const Words& words, absl::string_view folder, absl::string_view why) {
  return words.Say("The mails in $0 could not be looked at: $1", folder, why);
}
inline std::string EndedEarly(const Words& words, absl::string_view why) {
  return words.Say("It ended before the last mail: $0", why);
}

}  // namespace postern::xmpp_edge::texts
