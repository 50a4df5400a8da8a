// Whatever a mail says of another mail's delivery: lines that are clean, within their limits, and
// addresses that are none other when they are read again.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/mail/delivery_report_reader.h"
#include "lib/mail/delivery_report_text.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"

namespace {

using namespace postern::mail;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireLine(absl::string_view line, size_t most) {
  Require(line.size() <= most);
  Require(IsUtf8(line) && !HasControls(line) && !HasBidiControls(line));
}

void Check(absl::string_view message) {
  const auto report = ParseMail(message).delivery_report;
  if (!report) return;
  Require(!report->recipients.empty() && report->recipients.size() <= kMaxReported);
  RequireLine(report->envelope_id, kMaxReportedAddress);
  RequireLine(report->message_id, 1000);
  for (const DeliveryReport::Recipient& one : report->recipients) {
    Require(!one.address.empty() && one.action != DeliveryReport::Action::kUnknown);
    RequireLine(one.address, kMaxReportedAddress);
    RequireLine(one.diagnostic, kMaxDiagnostic);
    Require(one.status == EnhancedStatus(one.status));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  Check(input);
  Check(
      absl::StrCat("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
                   "message/global-delivery-status\n\n",
                   input));
  Check(absl::StrCat("Return-Path: <>\nX-Failed-Recipients: b@c.d\n\n", input));
  return 0;
}
