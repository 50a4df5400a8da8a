#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/mail/mail.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/thread_store.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Where a message goes and what it is called.
struct Envelope {
  std::string domain;   // of the component
  std::string contact;  // bare JID it comes from: NAME@domain
  std::string user;     // bare JID it goes to
  std::string stanza_id;
  int64_t now_unix = 0;
  bool headers_only = false;  // who wrote, what of and how much; no text
};

// The text that a person sees never gets longer: mobile clients choke on more.
constexpr size_t kMaxBodyBytes = 60 * 1024;

// A mail as a chat message. Nothing in it is trusted: a line of the mail can't
// pass for a header line, and ToXml() does the rest.
Element MailToMessage(const mail::Mail& mail, const Envelope& envelope, const Words& words);

// "N new mails" and a numbered list of them.
Element MailsToDigest(const std::vector<mail::Mail>& mails, const Envelope& envelope,
                      const Words& words);

// What stands in <thread/>: the same for all mails of one conversation
// (RFC 5322 section 3.6.4: the first of References is where it began).
std::string ThreadIdOf(const mail::Mail& mail);

// What stands between the brackets of its List-Id; empty: it is from no list.
std::string ListIdOf(const mail::Mail& mail);

// What to remember of a mail, so that an answer finds its way.
MailThread ThreadOf(const mail::Mail& mail, absl::string_view account_id, const Envelope& envelope);

}  // namespace postern::xmpp_edge
