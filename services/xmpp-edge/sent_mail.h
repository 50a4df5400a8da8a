#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/sender/v1/sender.pb.h"

namespace postern::xmpp_edge {

// What the edge remembers of a mail that a user sent, so that a bounce finds the message that it
// was. Kept by ThreadStore.
struct SentMail {
  std::string queue_id;
  std::string context;                  // OutgoingContext, as it went to the sender
  std::vector<std::string> recipients;  // of the envelope, as RecipientKey
};

// The same for an address however it is written: lower case, the domain in ASCII. At most 320
// bytes are kept.
std::string RecipientKey(absl::string_view address);

SentMail SentMailOf(const sender::v1::SubmitRequest& request, std::string queue_id);

std::string EncodeSentMail(const SentMail& mail);
// Nothing when it can't be read.
std::optional<SentMail> DecodeSentMail(absl::string_view text);

}  // namespace postern::xmpp_edge
