#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Every word that a Jabber user reads, in one place. English only, for now.
namespace postern::xmpp_edge::texts {

// --- mail as a message (mail_to_message) -------------------------------------
constexpr absl::string_view kFrom = "From: ";
constexpr absl::string_view kSubject = "Subject: ";
constexpr absl::string_view kTo = "To: ";
constexpr absl::string_view kCc = "Cc: ";
constexpr absl::string_view kDate = "Date: ";
constexpr absl::string_view kAnswersGoTo = "Answers go to: ";
constexpr absl::string_view kNoSender = "(no sender)";
constexpr absl::string_view kNoSubject = "(no subject)";
constexpr absl::string_view kNoText = "(no text)";
constexpr absl::string_view kAttachments = "Attachments:";
constexpr absl::string_view kUnnamedAttachment = "without a name";
constexpr absl::string_view kCutByReader = "… cut; the rest is in your mailbox";
inline std::string Cut(uint64_t more_bytes) {
  return absl::StrCat("… cut; ", (more_bytes + 1023) / 1024, " KB more in your mailbox");
}
inline std::string AndMore(size_t count) { return absl::StrCat("… and ", count, " more"); }
inline std::string Note(absl::string_view defect) { return absl::StrCat("Note: ", defect); }
inline std::string NewMails(size_t count) {
  return count == 1 ? "1 new mail" : absl::StrCat(count, " new mails");
}

// --- presence and health (features/account_status) ---------------------------
inline std::string AccountsRegistered(size_t count) {
  return count == 1 ? "1 account registered" : absl::StrCat(count, " accounts registered");
}
inline std::string Watching(absl::string_view url, absl::string_view mailbox) {
  return absl::StrCat(url, " — watching ", mailbox);
}
inline std::string ReadyToSend(absl::string_view url) {
  return absl::StrCat(url, " — ready to send");
}
inline std::string Connecting(absl::string_view url) { return absl::StrCat(url, " — connecting…"); }
constexpr absl::string_view kDisabled = "This account is disabled";
constexpr absl::string_view kUnknownError = "This account has an error";
inline std::string AccountError(absl::string_view name, absl::string_view reason) {
  return absl::StrCat("Account '", name, "' has a problem: ", reason);
}
constexpr absl::string_view kGatewayNick = "Mail gateway";

// --- chat as a mail: why a message was not taken (message_screening, draft_composer) ---
constexpr absl::string_view kEncryptedRefused =
    "Not sent: mail can't carry this encryption. Turn it off for this contact and write again.";
constexpr absl::string_view kCorrectionRefused =
    "Not sent: a mail that has left can't be changed. Write a new message instead.";
constexpr absl::string_view kRetractionRefused = "A mail that has left can't be taken back.";
constexpr absl::string_view kWhoIsItFor =
    "Not sent: who is it for? Begin with a line \"To: someone@example.org\".";
constexpr absl::string_view kRootNeedsTo =
    "Not sent: a mail begins with a line \"To: someone@example.org\"; lines \"Cc:\", \"Bcc:\" and "
    "\"Subject:\" may follow, then the text. Send \"help\" for more.";
constexpr absl::string_view kAnswerIsAmbiguous =
    "Not sent: it could answer mails of different people. Use your client's reply function on the "
    "one you mean, or begin with a line \"To: someone@example.org\".";
constexpr absl::string_view kAnsweredMailUnknown =
    "Not sent: the message you reply to doesn't stand for one mail. Begin with a line "
    "\"To: someone@example.org\".";
constexpr absl::string_view kAnsweredMailHasNoSender =
    "Not sent: the mail you answer names no sender. Begin with a line \"To: someone@example.org\".";
constexpr absl::string_view kNoSmtpAccount =
    "Not sent: you have no SMTP account. Register one at this gateway, then send it again.";
inline std::string NoSuchContact(absl::string_view local) {
  return absl::StrCat("You have no account \"", local, "\" here.");
}
inline std::string NoSuchSender(absl::string_view from) {
  return absl::StrCat("Not sent: none of your SMTP accounts is called \"", from,
                      "\" or sends from that address.");
}
inline std::string UnreadableMail(absl::string_view reason) {
  return absl::StrCat("Not sent: ", reason);
}
constexpr absl::string_view kIdsTooLong = "Not sent: the message's id or thread is too long.";
constexpr absl::string_view kTooManyWaiting =
    "Not sent: too many of your mails are waiting to be taken. Try again in a minute.";
constexpr absl::string_view kNotNow =
    "Not sent: the gateway can't take mail at the moment. Try again in a few minutes.";
constexpr absl::string_view kFoundTooLate =
    "Written more than a day ago, this message was still waiting in the gateway. It is not sent "
    "any more; if you got no receipt for it, send it again.";
constexpr absl::string_view kTakenBefore =
    "The gateway took this very message before. It is one mail, and it is not sent again.";
constexpr absl::string_view kTooMuchAtOnce = "Too much at once; please try again in a moment.";
constexpr absl::string_view kStopping = "The gateway is restarting. Try again in a minute.";
constexpr absl::string_view kStarting = "The gateway is starting. Try again in a minute.";
inline std::string RejectedByRule(absl::string_view reason) {
  return absl::StrCat("Not sent: a rule of this gateway refuses it (", reason, ").");
}

// --- what became of a mail (outcome) --------------------------------------------
inline std::string SentTo(absl::string_view recipients) {
  return absl::StrCat("Sent to ", recipients, ".");
}
inline std::string NotSentTo(absl::string_view recipient, absl::string_view reason) {
  return absl::StrCat("Not sent to ", recipient, ": ", reason);
}
inline std::string DelayedTo(absl::string_view recipient, absl::string_view reason) {
  return absl::StrCat("Not yet sent to ", recipient, ": ", reason);
}
constexpr absl::string_view kTriedAgain = "It is tried again by itself; don't send it twice.";
constexpr absl::string_view kNoReason = "the mail server gave no reason";

// --- registration ---------------------------------------------------------------
constexpr absl::string_view kRegistrationTitle = "Mail account";
constexpr absl::string_view kRegistrationInstructions =
    "Fill in how your mail provider is reached. New mail then arrives as chat, and you write mail "
    "as chat through an SMTP account.";
constexpr absl::string_view kRootInstructions =
    "Choose IMAP to receive mail or SMTP to send it, and fill in its fields; the fields of the "
    "other are not looked at. For both, register twice, with two names.";
constexpr absl::string_view kUpdateInstructions =
    "Change what you want. An empty password leaves the stored one as it is.";
constexpr absl::string_view kFormNeeded =
    "Please fill in the form: this gateway needs a client with data forms (XEP-0004).";
constexpr absl::string_view kNoPop3 =
    "POP3 accounts can't be registered yet. Most providers offer IMAP; register that.";
inline std::string LabelOfAction(absl::string_view state) {
  return absl::StrCat("Action when state is '", state, "'");
}
constexpr absl::string_view kDoNothing = "Do nothing";
constexpr absl::string_view kRetrieveDigest = "Retrieve digest";
constexpr absl::string_view kRetrieveFull = "Retrieve full email";
constexpr absl::string_view kLabelType = "Type of account";
constexpr absl::string_view kReceiveByImap = "IMAP: receive mail";
constexpr absl::string_view kSendBySmtp = "SMTP: send mail";
constexpr absl::string_view kLabelName = "Name for the account, which becomes a contact";
constexpr absl::string_view kLabelLogin = "Login";
constexpr absl::string_view kLabelPassword = "Password";
constexpr absl::string_view kLabelPasswordUnchanged = "Password (empty: unchanged)";
constexpr absl::string_view kLabelHost = "Host name of the mail server";
constexpr absl::string_view kLabelPort = "Port";
constexpr absl::string_view kLabelPortOfType = "Port (empty: the usual one)";
constexpr absl::string_view kLabelSsl = "TLS from the start (else STARTTLS)";
constexpr absl::string_view kLabelTls = "STARTTLS instead of TLS from the start";
constexpr absl::string_view kLabelStorePassword = "Store the password (encrypted)";
constexpr absl::string_view kLabelLiveOnly =
    "Reports only emails received while connected to Jabber";
constexpr absl::string_view kLabelInterval = "Minutes between digests";
constexpr absl::string_view kLabelMailbox = "Mailbox";
constexpr absl::string_view kLabelDefaultAccount = "Send by this account when none is named";
constexpr absl::string_view kLabelDefaultFrom = "Your email address";
constexpr absl::string_view kRequired = "is required";
inline std::string FieldError(absl::string_view field, absl::string_view reason) {
  return absl::StrCat("Error with '", field, "' field: ", reason);
}
inline std::string AccountExists(absl::string_view name) {
  return absl::StrCat("You have an account '", name,
                      "' already. Choose another name, or change "
                      "that account at its own entry.");
}
inline std::string AccountCreated(absl::string_view name) {
  return absl::StrCat("New account '", name, "' created");
}
inline std::string AccountUpdated(absl::string_view name) {
  return absl::StrCat("Updated account '", name, "'");
}
inline std::string Welcome(absl::string_view domain) {
  return absl::StrCat(
      "Welcome! Each mail account is a contact of yours. New mail comes as a message from it; "
      "answer that message to answer the mail. To write a new mail, begin a message to ",
      domain, " with a line \"To: someone@example.org\". Send \"help\" to any contact for more.");
}
constexpr absl::string_view kAccountsAway =
    "The gateway's account store doesn't answer. Nothing was changed; try again in a minute.";

// --- help -------------------------------------------------------------------------
inline std::string HowToWrite(absl::string_view domain) {
  return absl::StrCat(
      "To write a new mail, begin your message with header lines, then the text:\n\n"
      "To: ann@example.org, Bob <bob@example.net>\n"
      "Cc: …\nBcc: …\nSubject: …\nFrom: … (one of your SMTP accounts)\n\n"
      "Only To: is needed. A message to someone\\40example.org@",
      domain, " goes to someone@example.org without any.");
}
constexpr absl::string_view kHowToAnswer =
    "New mail arrives as messages from this contact. Write here to answer: use your client's "
    "reply function to answer one mail, else the newest is answered.\n\n";
inline std::string SendsFrom(absl::string_view name, absl::string_view from) {
  return absl::StrCat("\"", name, "\" sends mail from ", from, ".\n\n");
}
inline std::string WritesTo(absl::string_view address) {
  return absl::StrCat("What you write here is sent as mail to ", address,
                      ". Lines \"Subject: …\", \"Cc: …\", \"Bcc: …\" or \"From: …\" may stand "
                      "before the text.");
}

// --- discovery, prompt, vCard -------------------------------------------------------
constexpr absl::string_view kGatewayName = "Postern";
constexpr absl::string_view kGatewayDescription =
    "E-mail gateway: your mail as chat, your chat as mail.";
inline std::string AccountsOfType(absl::string_view type) {
  return absl::StrCat(type, " accounts");
}
constexpr absl::string_view kPromptDescription = "Please enter the email address of your contact";
constexpr absl::string_view kPromptLabel = "Email address";
inline std::string NoMailAddress(absl::string_view text, absl::string_view reason) {
  return absl::StrCat("\"", text, "\" is no mail address: ", reason);
}

}  // namespace postern::xmpp_edge::texts
