#pragma once

#include <string>
#include <vector>

#include "postern/fetcher/v1/fetcher.pb.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A mail in a list of mails: its subject, who sent it, the day. Short, for clients cut what
// is long (Gajim 1.7 shows about 35 characters). One safe line. Pure.
std::string MailLabel(const fetcher::v1::MailSummary& mail, const Words& words);

// One for each mail, in order. No two are the same, as some clients send labels for values:
// where they would be, the time of day is told, and then a number.
std::vector<std::string> MailLabels(const fetcher::v1::ListMailsResponse& page, const Words& words);

}  // namespace postern::xmpp_edge
