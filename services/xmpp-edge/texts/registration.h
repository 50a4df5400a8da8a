#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/words.h"

// Registration: what its forms, its errors and the gateway itself say.
namespace postern::xmpp_edge::texts {

// --- the form ---------------------------------------------------------------------
inline std::string RegistrationTitle(const Words& words) { return words.Say("Mail account"); }
inline std::string ReceivingInstructions(const Words& words) {
  return words.Say(
      "Fill in how your mail provider is reached. New mail then arrives as chat. To write mail as "
      "chat, register an SMTP account as well.");
}
inline std::string SendingInstructions(const Words& words) {
  return words.Say(
      "Fill in how your mail provider takes mail from you. What you write to mail addresses is "
      "then "
      "sent by it. To receive mail as chat, register an IMAP or POP3 account as well.");
}
inline std::string RelayInstructions(const Words& words) {
  return words.Say(
      "Mail of this account is sent by this gateway's own server. Only your address is needed.");
}
inline std::string RootInstructions(const Words& words) {
  return words.Say(
      "Choose IMAP or POP3 to receive mail, or SMTP to send it, and fill in its fields; those of "
      "the others are not looked at. To receive and to send, register twice, with two names.");
}
inline std::string TypeInstructions(const Words& words) {
  return words.Say(
      "Choose IMAP or POP3 to receive mail, or SMTP to send it. To receive and to send, register "
      "twice, with two names.");
}
inline std::string UpdateInstructions(const Words& words) {
  return words.Say("Change what you want. An empty password leaves the present one as it is.");
}
inline std::string FolderInstructions(const Words& words, absl::string_view account) {
  return words.Say(
      "A new account for this folder, with the settings of \"$0\". Give it a name of its own.",
      account);
}
inline std::string LabelOfTypes(const Words& words, absl::string_view types,
                                absl::string_view label) {
  // TRANSLATORS: a field of a form: $0 is "SMTP" or "IMAP, POP3", $1 the field's label.
  return words.Say("$0: $1", types, label);
}
inline std::string LabelType(const Words& words) { return words.Say("Type of account"); }
inline std::string ReceiveByImap(const Words& words) { return words.Say("IMAP: receive mail"); }
inline std::string ReceiveByPop3(const Words& words) { return words.Say("POP3: receive mail"); }
inline std::string SendBySmtp(const Words& words) { return words.Say("SMTP: send mail"); }
inline std::string SendByRelay(const Words& words, absl::string_view label) {
  // TRANSLATORS: $0 is what the operator calls the gateway's own mail server.
  return words.Say("$0: send mail", label);
}
inline std::string LabelName(const Words& words) {
  return words.Say("Name for the account, which becomes a contact");
}
inline std::string LabelLogin(const Words& words) { return words.Say("Login"); }
inline std::string LabelPassword(const Words& words) { return words.Say("Password"); }
inline std::string LabelPasswordUnchanged(const Words& words) {
  return words.Say("Password (empty: unchanged)");
}
inline std::string LabelPasswordOf(const Words& words, absl::string_view account) {
  return words.Say("Password (empty: that of \"$0\")", account);
}
inline std::string LabelHost(const Words& words) {
  return words.Say("Host name of the mail server");
}
inline std::string LabelPort(const Words& words) { return words.Say("Port"); }
inline std::string LabelPortOfType(const Words& words) {
  return words.Say("Port (empty: the usual one)");
}
inline std::string LabelSsl(const Words& words) {
  return words.Say("TLS from the first byte (else STARTTLS)");
}
// SMTP's form has a box for each.
inline std::string LabelSslOfSmtp(const Words& words) {
  return words.Say("TLS from the first byte (port 465)");
}
inline std::string LabelTls(const Words& words) { return words.Say("STARTTLS (port 587)"); }
inline std::string LabelStorePassword(const Words& words) {
  return words.Say("Store the password (encrypted); else you are asked at each login");
}
inline std::string LabelStoreUntested(const Words& words) {
  return words.Say("Store it even when it doesn't work");
}
inline std::string LabelLiveOnly(const Words& words) {
  return words.Say("Reports only emails received while connected to Jabber");
}
inline std::string LabelInterval(const Words& words) {
  return words.Say("Minutes between checks, and between digests");
}
inline std::string LabelMailbox(const Words& words) { return words.Say("Mailbox"); }
inline std::string LabelDefaultAccount(const Words& words) {
  return words.Say("Send by this account when none is named");
}
inline std::string LabelDefaultFrom(const Words& words) { return words.Say("Your email address"); }
inline std::string LabelChatAction(const Words& words) {
  return words.Say("Action when state is 'Free For Chat'");
}
inline std::string LabelOnlineAction(const Words& words) {
  return words.Say("Action when state is 'Online'");
}
inline std::string LabelAwayAction(const Words& words) {
  return words.Say("Action when state is 'Away'");
}
inline std::string LabelXaAction(const Words& words) {
  return words.Say("Action when state is 'Not Available'");
}
inline std::string LabelDndAction(const Words& words) {
  return words.Say("Action when state is 'Do not Disturb'");
}
inline std::string LabelOfflineAction(const Words& words) {
  return words.Say("Action when state is 'Offline'");
}
inline std::string DoNothing(const Words& words) { return words.Say("Do nothing"); }
inline std::string RetrieveDigest(const Words& words) { return words.Say("Retrieve digest"); }
inline std::string RetrieveFull(const Words& words) { return words.Say("Retrieve full email"); }

// --- what is wrong with a field: said after its name --------------------------------
inline words::Wording Required() { return words::Word("is required"); }
inline words::Wording PasswordRequired() {
  return words::Word("is required. If it is not to be stored, switch off storing it.");
}
inline words::Wording NumberBetween(uint32_t min, uint32_t max) {
  return words::Word("must be a number from $0 to $1", min, max);
}
inline words::Wording MustBeBoolean() { return words::Word("must be 1 or 0"); }
inline words::Wording MustBeAction() { return words::Word("must be 0, 1 or 2"); }
inline words::Wording MustBeOneOf(absl::string_view values) {
  return words::Word("must be one of $0", values);
}
inline words::Wording Unchangeable() { return words::Word("can't be changed"); }
inline words::Wording OneValueOnly() { return words::Word("takes one value only"); }
inline words::Wording LongerThan(size_t bytes) {
  return words::Word("is longer than $0 bytes", bytes);
}
inline words::Wording HoldsControls() {
  return words::Word("must not hold line breaks or control characters");
}
inline words::Wording InTheFormTwice() { return words::Word("is in the form twice"); }
inline words::Wording TooManyFields(size_t most) {
  return words::Word("has more than $0 fields", most);
}
inline words::Wording TooLarge() { return words::Word("is too large"); }
// Users see labels, scripts see names. `label` is empty where there is none.
inline std::string FieldError(const Words& words, absl::string_view field, absl::string_view label,
                              absl::string_view reason) {
  if (label.empty()) return words.Say("Error with '$0' field: $1", field, reason);
  // TRANSLATORS: $0 is a field's name ("port"), $1 what it is called in the form, $2 the reason.
  return words.Say("Error with '$0' field ($1): $2", field, label, reason);
}

// --- what becomes of it -------------------------------------------------------------
inline std::string FormNeeded(const Words& words) {
  return words.Say(
      "Please fill in the form: this gateway needs a client with data forms (XEP-0004).");
}
inline std::string HoldsFoldersOnly(const Words& words) {
  return words.Say("This folder holds other folders and no mail. Choose one below it.");
}
inline std::string AccountExists(const Words& words, absl::string_view name) {
  return words.Say(
      "You have an account '$0' already. Choose another name, or change that account at its own "
      "entry.",
      name);
}
inline std::string ChangedMeanwhile(const Words& words) {
  return words.Say(
      "The account was changed elsewhere while this form was tried. Open the form again and change "
      "what you want.");
}
inline std::string AccountCreated(const Words& words, absl::string_view name) {
  return words.Say("New account '$0' created", name);
}
inline std::string AccountUpdated(const Words& words, absl::string_view name) {
  return words.Say("Updated account '$0'", name);
}
inline std::string Welcome(const Words& words, absl::string_view domain) {
  return words.Say(
      "Welcome! Each mail account is a contact of yours. New mail comes as a message from it; "
      "answer that message to answer the mail. To write a new mail, begin a message to $0 with a "
      "line \"To: someone@example.org\". Send \"help\" to any contact for more.",
      domain);
}
inline std::string AccountsAway(const Words& words) {
  return words.Say(
      "The gateway's account store doesn't answer. Nothing was changed; try again in a minute.");
}

// --- the trial ----------------------------------------------------------------------
inline std::string NotStored(const Words& words, absl::string_view problem) {
  return absl::StrCat(problem, "\n",
                      words.Say("Nothing was stored. To store it all the same, tick \"$0\".",
                                LabelStoreUntested(words)));
}
inline words::Wording TrialUnderWay() {
  return words::Word(
      "Another account of yours is being tried. Nothing was stored; wait a moment and send the "
      "form again.");
}
inline words::Wording TooManyFailures(size_t count) {
  return words::Word(
      "$0 of your registrations did not work within five minutes. Nothing was stored; wait five "
      "minutes and send the form again.",
      count);
}
inline words::Wording TooManyTrials() {
  return words::Word(
      "The gateway is trying too many accounts at once. Nothing was stored; send the form again in "
      "a minute.");
}
inline words::Wording TrialImpossible() {
  return words::Word(
      "The gateway can't try the account at the moment. Nothing was stored; send the form again in "
      "a minute.");
}

// --- removal, asked twice -----------------------------------------------------------
inline std::string RemoveAgain(const Words& words, size_t count, absl::string_view names) {
  return words.Plural(
      "Nothing is removed yet. To remove the account $1 with all its settings, remove it again "
      "within two minutes. To keep it, do nothing.",
      "Nothing is removed yet. To remove these $0 accounts with all their settings, remove them "
      "again within two minutes: $1. To keep them, do nothing.",
      count, names);
}
inline std::string RemoveAllAgain(const Words& words, size_t count, absl::string_view names) {
  return words.Plural(
      "Nothing is removed yet. To end your registration and remove your only account, $1, remove "
      "it again within two minutes. To keep it, do nothing.",
      "Nothing is removed yet. To end your registration and remove all your $0 accounts, remove it "
      "again within two minutes: $1. To keep them, do nothing.",
      count, names);
}
// TRANSLATORS: what stands in quotes is typed: your word for "remove", or the English one.
inline std::string RemoveAgainByChat(const Words& words, absl::string_view name) {
  return words.Say(
      "Nothing is removed yet. To remove the account $0 with all its settings, send \"remove $0\" "
      "again within two minutes. To keep it, do nothing.",
      name);
}
// TRANSLATORS: as above.
inline std::string RemoveWhich(const Words& words, absl::string_view names) {
  return words.Say("Send \"remove\" with the name of the account: $0.", names);
}

// --- removal by a command -------------------------------------------------------------
inline std::string ChooseForRemoval(const Words& words) {
  return words.Say("Choose what to remove. You are asked once more.");
}
inline std::string LabelEverything(const Words& words) {
  return words.Say("All accounts, and end my registration");
}
inline std::string NothingChosen(const Words& words) {
  return words.Say("Choose at least one account.");
}
inline std::string ToBeRemoved(const Words& words, size_t count, absl::string_view names) {
  return words.Plural(
      "The account $1 will be removed with all its settings. The mail on its server stays there.",
      "These $0 accounts will be removed with all their settings: $1. The mail on their servers "
      "stays there.",
      count, names);
}
inline std::string AllToBeRemoved(const Words& words, size_t count, absl::string_view names) {
  return words.Plural(
      "Your registration will end, and your only account, $1, will be removed with all its "
      "settings. The mail on its server stays there.",
      "Your registration will end, and all your $0 accounts will be removed with all their "
      "settings: $1. The mail on their servers stays there.",
      count, names);
}
inline std::string LabelConfirm(const Words& words) { return words.Say("Yes, remove"); }
inline std::string NotConfirmed(const Words& words) {
  return words.Say("Nothing is removed yet: tick \"$0\", or cancel.", LabelConfirm(words));
}
inline std::string Removed(const Words& words, size_t count, absl::string_view names) {
  return words.Plural("Account $1 has been removed.", "$0 accounts have been removed: $1.", count,
                      names);
}
inline std::string AllRemoved(const Words& words) {
  return words.Say("Your registration has ended. All your accounts have been removed.");
}

}  // namespace postern::xmpp_edge::texts
