#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Ad-hoc commands, and what the same things done by chat say.
namespace postern::xmpp_edge::texts {

// --- names of the commands --------------------------------------------------------
inline std::string ForceCheck(const Words& words) {
  return words.Say("Force check for new emails");
}
inline std::string FetchEmails(const Words& words) { return words.Say("Fetch emails"); }
inline std::string GetLastError(const Words& words) { return words.Say("Get last error"); }
inline std::string GivePassword(const Words& words) { return words.Say("Give the password"); }
inline std::string Preferences(const Words& words) { return words.Say("Preferences"); }
inline std::string RegisterAccount(const Words& words) {
  return words.Say("Register a mail account");
}
inline std::string ChangeSettings(const Words& words) { return words.Say("Change the settings"); }
inline std::string RemoveAccounts(const Words& words) { return words.Say("Remove accounts"); }
inline std::string RemoveThisAccount(const Words& words) {
  return words.Say("Remove this account");
}

// --- what goes wrong with any of them ---------------------------------------------
inline std::string CommandNotNow(const Words& words) {
  return words.Say("The gateway can't do this at the moment. Try again in a minute.");
}
inline std::string SessionExpired(const Words& words) {
  return words.Say(
      "This form is not known any more: it was opened over an hour ago, or many others have been "
      "opened since. Nothing was changed; begin the command again.");
}

// --- force check ------------------------------------------------------------------
inline std::string SelectAccounts(const Words& words) {
  return words.Say("Select account(s) to check for new emails.");
}
inline std::string Accounts(const Words& words) { return words.Say("Accounts"); }
inline std::string NothingToCheck(const Words& words) {
  return words.Say("You have no account that receives mail.");
}
inline std::string BeingChecked(const Words& words, absl::string_view account) {
  return words.Say("'$0' is being checked; new mail follows, if there is any.", account);
}
inline std::string CheckedJustNow(const Words& words, absl::string_view account) {
  return words.Say("'$0' was checked less than a minute ago. Try again in a minute.", account);
}
inline std::string NotWatched(const Words& words, absl::string_view account) {
  return words.Say("'$0' is not being watched yet. Try again in a minute.", account);
}
inline std::string NotChecked(const Words& words, absl::string_view account) {
  return words.Say("'$0' can't be checked at the moment. Try again in a minute.", account);
}
inline std::string NotEnabled(const Words& words, absl::string_view account) {
  return words.Say("'$0' is disabled.", account);
}
// TRANSLATORS: $0 is the name of an account, $1 a sentence about it.
inline std::string OfAccount(const Words& words, absl::string_view account,
                             absl::string_view sentence) {
  return words.Say("'$0': $1", account, sentence);
}

// --- fetch emails -----------------------------------------------------------------
inline std::string SelectEmails(const Words& words) {
  return words.Say("Select the emails that shall be sent to you. The newest come first.");
}
inline std::string Emails(const Words& words) { return words.Say("Emails"); }
inline std::string FetchMore(const Words& words) {
  return words.Say("Select more emails to fetch");
}
// TRANSLATORS: an email in a list: $0 is its subject, $1 its sender, $2 its date.
inline std::string EmailInList(const Words& words, absl::string_view subject,
                               absl::string_view sender, absl::string_view date) {
  return words.Say("$0 — $1, $2", subject, sender, date);
}
inline std::string UnknownDate(const Words& words) { return words.Say("date unknown"); }
inline std::string MailboxEmpty(const Words& words) {
  return words.Say("There are no emails in this mailbox.");
}
inline std::string NoEmailChosen(const Words& words) { return words.Say("No email was selected."); }
inline std::string EmailFrom(const Words& words, absl::string_view sender) {
  return words.Say("Email from $0", sender);
}
inline std::string EmailsSent(const Words& words, size_t count) {
  return words.Plural("$0 email has been sent", "$0 emails have been sent", count);
}
inline std::string OthersNotSent(const Words& words, absl::string_view why) {
  return words.Say("The others have not been sent ($0). Fetch them once more.", why);
}
inline std::string OthersNotSentNow(const Words& words) {
  return words.Say("The others have not been sent. Fetch them in a minute.");
}
inline std::string EmailsGone(const Words& words) { return words.Say("No longer in the mailbox:"); }

// --- last error -------------------------------------------------------------------
inline std::string LastErrorOf(const Words& words, absl::string_view account) {
  return words.Say("Last error of '$0'", account);
}
inline std::string NoError(const Words& words) { return words.Say("This account has no error"); }
inline std::string When(const Words& words) { return words.Say("When"); }
inline std::string Error(const Words& words) { return words.Say("Error"); }
inline std::string Now(const Words& words) { return words.Say("Now"); }
inline std::string ErrorHolds(const Words& words) { return words.Say("The error is still there."); }
inline std::string ErrorIsOver(const Words& words) { return words.Say("The error is over."); }

// --- preferences ------------------------------------------------------------------
inline std::string Language(const Words& words) {
  return words.Say("Language in which the gateway speaks to you");
}
inline std::string LanguageOfClient(const Words& words) { return words.Say("As my client speaks"); }
inline std::string NoSuchLanguage(const Words& words, absl::string_view tag,
                                  absl::string_view known) {
  return words.Say("The gateway does not speak \"$0\". It speaks: $1.", tag, known);
}
// TRANSLATORS: said in the new language.
inline std::string LanguageSet(const Words& words) {
  return words.Say("From now on the gateway speaks this language to you.");
}
inline std::string LanguageFollowsClient(const Words& words) {
  return words.Say("From now on the gateway speaks the language of your client.");
}
inline std::string RegisterFirst(const Words& words) {
  return words.Say("You have no account here yet. Register one first.");
}

}  // namespace postern::xmpp_edge::texts
