#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::smtp {

bool IsAscii(absl::string_view text);

// "MAIL FROM:<ann@example.org> SIZE=100 BODY=8BITMIME" with the parameters that the server knows
// and this mail needs, for the recipients that are pending; without CRLF.
std::string MailCommand(const Envelope& envelope, const Transaction& transaction,
                        const Capabilities& offered);
// "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY ORCPT=rfc822;bob@example.net".
std::string RecipientCommand(const Envelope& envelope, const Recipient& recipient,
                             const Capabilities& offered);

// The xtext of RFC 3461 section 4, in which an ENVID is written.
std::string XText(absl::string_view text);

// Fails for good, in words, what this server can't carry (RFC 1870, 6152, 6531, 8689), before it
// is told anything. True: somebody is left.
bool CanCarry(const Envelope& envelope, const Capabilities& offered, bool encrypted,
              Transaction& transaction);

}  // namespace postern::sender::smtp
