#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/delivery_report.h"
#include "lib/mail/mail.h"
#include "lib/mail/mime_tree.h"

namespace postern::mail {

// What a bounce says that is no RFC 3464: those of qmail, of Exim before it wrote reports, and of
// Gmail and Exchange in words. A mail counts as one only when it comes from nobody (an empty
// Return-Path) or from a mailer-daemon or postmaster, and has the shape of one of them. Of 100
// recipients at most, all of them failed.
std::optional<DeliveryReport> ReadBounceText(const MimeTree& tree, const Mail& mail);

// The first code as of RFC 3463 in a text: "5.1.1" of "550 5.1.1 no such user"; empty when there is
// none.
std::string EnhancedStatus(absl::string_view text);

}  // namespace postern::mail
