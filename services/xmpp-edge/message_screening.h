#pragma once

#include <string>

#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Whether a message may become a mail at all. A mail that has left can't be taken back, so
// what was not plainly meant as text for somebody is never mailed.
enum class Fate {
  kMail,
  kIgnore,  // chat states, receipts, markers, headlines, copies, errors: nobody awaits an answer
  kRefuse,  // the author believes it was sent: tell them it was not
  kCorrection,  // a text in place of a former message (XEP-0308)
  kRetraction,  // a former message is to be taken back (XEP-0424)
};

struct Screening {
  Fate fate = Fate::kMail;
  std::string reason;  // for kRefuse, a sentence for the author
  std::string about;   // for kCorrection and kRetraction, the id of the former message
};

Screening ScreenMessage(const Element& message, const Words& words);

}  // namespace postern::xmpp_edge
