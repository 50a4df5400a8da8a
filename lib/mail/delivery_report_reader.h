#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/delivery_report.h"
#include "lib/mail/mail.h"
#include "lib/mail/mime_tree.h"
#include "lib/mail/reported_address.h"

namespace postern::mail {

// Bounds on what one report may cost; what is beyond them is left out.
inline constexpr size_t kMaxReported = 100;              // recipients
inline constexpr size_t kMaxDiagnostic = 512;            // bytes
inline constexpr size_t kMaxReportBytes = 256 * 1024;    // of the part that tells
inline constexpr size_t kMaxReturnedHeader = 64 * 1024;  // of the mail that it is about

// The report that a mail is; nothing when it is none. `mail`: the same mail's header and text.
// multipart/report with message/delivery-status (RFC 3464, RFC 6522) or its UTF-8 form (RFC 6533),
// bare or with a mailing list's or a virus scanner's parts around it; else what ReadBounceText
// finds. It only tells what stands there: anybody can write one.
std::optional<DeliveryReport> ReadDeliveryReport(const MimeTree& tree, const Mail& mail);

// One line of a server's words, within kMaxDiagnostic.
std::string CleanDiagnostic(absl::string_view text);

}  // namespace postern::mail
