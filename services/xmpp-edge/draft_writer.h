#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/mail/address.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/answered_mail.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// What was found out about a chat message, written down for the sender. Pure.

void SetRecipients(const ChatMail& mail, sender::v1::Draft& draft);

// The words of the mail. `answered` is the mail that is answered, or forwarded if the message
// says so; null for a new one.
sender::v1::Draft DraftOf(const ChatMail& mail, const MailThread* answered);

// Who wrote it, and what it still lacks: the mail that it quotes.
edge::v1::OutgoingContext ContextOf(const Incoming& incoming, const ChatMail& mail,
                                    const std::optional<AnsweredMail>& answered);

// The same message, however often it reaches us, has the same key: XEP-0359's
// origin-id, else the id. Ids of simple clients begin anew with each session: then it
// counts who wrote, which mail `draft` answers and whom it goes to, too ("thanks" to
// another mail is another message), and which mail it forwards (`mail_ref`). A message
// without an id is always new.
std::string IdempotencyKey(const Element& message, const Jid& from, const sender::v1::Draft& draft,
                           absl::string_view mail_ref = "");

}  // namespace postern::xmpp_edge
