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
