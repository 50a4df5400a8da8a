#pragma once

#include <string>
#include <vector>

#include "lib/mail/mail.h"

namespace postern::rules {

// One field's values together; the rest of a longer one is not looked at. Mail
// headers are short: only an attack is longer (invariant 6).
constexpr size_t kMaxMatchedBytes = 64 * 1024;
constexpr size_t kMaxReceivedFields = 50;

// The spellings under which one address is tried: as it is written, and with its
// domain in lower case, because domains have no case and expressions do.
using Spellings = std::vector<std::string>;

// What a program may ask about a mail, ready to be matched.
struct Facts {
  Spellings source;
  std::vector<Spellings> recipients;  // never empty; one empty entry when nobody is known
  std::string subject;
  std::vector<std::string> received;
};

// `recipients` are bare addresses. Without any (a fetched mail has lost its
// envelope) To and Cc together stand for the one mailbox it was found in.
Facts GatherFacts(const mail::Mail& mail, const std::vector<std::string>& recipients);

}  // namespace postern::rules
