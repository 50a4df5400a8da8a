#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/mail/address.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"
#include "services/xmpp-edge/thread_store.h"

namespace postern::xmpp_edge {

// Which mail a word of a user is about ("mute this sender", "rule", "why").
struct MailQuestion {
  std::string user, contact;
  std::optional<std::string> reply_to;  // it was written as a reply to this (XEP-0461)
  Place place;
};
// Mails come from contacts; at the gateway itself there is none that could be meant.
bool KnowsMails(const MailQuestion& question);
MailQuestion MailQuestionOf(const Incoming& incoming, const Place& place);

// The mail that is answered; else the newest from that contact, when no other came close to it;
// of an address's contact, whatever is from that address. kInvalidArgument, with a sentence for
// the user: nobody can tell, or they wrote it. Others: not now.
net::Task<absl::StatusOr<MailThread>> FindMeantMail(FeatureContext context, MailQuestion question,
                                                    const Words& words);

// Names the newest mail that came from that contact, to tell later whether it still is; empty:
// none did.
net::Task<absl::StatusOr<std::string>> NewestMailOf(FeatureContext context, std::string user,
                                                    std::string contact);

// Who wrote it; nothing when that is not known (a mail that an older version told of).
std::optional<mail::Address> SenderOf(const MailThread& thread);

}  // namespace postern::xmpp_edge
