#pragma once

#include <string>
#include <vector>

#include "services/rules/answers/suppression.h"
#include "services/rules/engine/action.h"

namespace postern::rules {

// An answer that goes to a mail's sender by itself, ready to be sent.
struct AutomaticAnswer {
  std::string to, from;   // bare
  std::string from_name;  // beside `from`; empty: the one that the account has
  std::string subject;    // UTF-8, one line, at most 256 code points
  std::string text;       // UTF-8, LF
  std::string mime;       // instead of text: a MIME entity
  std::string in_reply_to;
  std::vector<std::string> references;  // the mail's, and it; 20 at the most
  std::string filed_in;                 // RFC 8580
};

// RFC 5230 sections 4.2 and 5, RFC 3834 section 3. A :from that is none of the account's own
// addresses is left out: nobody sends from another's address. The name beside it is theirs to
// choose.
AutomaticAnswer WriteVacation(const VacationAction& vacation, const AnswerCase& answer);
AutomaticAnswer WriteReply(const ReplyAction& reply, const AnswerCase& answer);

}  // namespace postern::rules
