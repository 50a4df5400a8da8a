#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Every word that a Jabber user reads, in one place. English only, for now.
namespace postern::xmpp_edge::texts {

// --- messages -----------------------------------------------------------------
inline std::string NoSuchContact(absl::string_view local) {
  return absl::StrCat("You have no account \"", local, "\" here.");
}
constexpr absl::string_view kStarting = "The gateway is starting. Try again in a minute.";

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

}  // namespace postern::xmpp_edge::texts
