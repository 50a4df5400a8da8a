#include "lib/mail/delivery_report_reader.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/mail/charset.h"
#include "lib/mail/delivery_report_text.h"
#include "lib/mail/message_ids.h"
#include "lib/mail/reported_address.h"
#include "lib/mail/transfer_encoding.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

using Action = DeliveryReport::Action;
using Recipient = DeliveryReport::Recipient;

constexpr size_t kMaxFields = 100;  // of a block
// A block without a recipient costs as much as one with.
constexpr size_t kMaxBlocks = 2 * kMaxReported;

bool IsStatusPart(const MimePart& part) {
  return part.type.value == "message/delivery-status" ||
         part.type.value == "message/global-delivery-status";
}

bool IsReturnedMail(const MimePart& part) {
  for (absl::string_view type : {"message/rfc822", "message/global", "text/rfc822-headers",
                                 "message/rfc822-headers", "message/global-headers"}) {
    if (part.type.value == type) return true;
  }
  return false;
}

// In the mail's own multipart, or in one that stands in it.
bool IsNearTheTop(const MimeTree& tree, const MimePart& part) {
  if (part.parent == MimePart::kNone) return false;
  const MimePart& multipart = tree.parts[part.parent];
  return multipart.parent == MimePart::kNone || multipart.parent == 0;
}

// A report of another kind may quote a delivery-status: it tells something else.
bool MayReportDelivery(const MimePart& multipart) {
  const absl::string_view type = multipart.type.Get("report-type");
  return type.empty() || absl::EqualsIgnoreCase(type, "delivery-status");
}

std::string DecodedPart(const MimePart& part, size_t max_bytes) {
  return DecodeTransferEncoding(part.body, part.Field("Content-Transfer-Encoding"), max_bytes)
      .bytes;
}

std::string FieldOf(const HeaderFields& block, absl::string_view name) {
  const RawField* field = FindField(block, name);
  return field == nullptr ? "" : Unfold(field->body);
}

// The first word, without a comment that follows at once.
absl::string_view FirstWord(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  return text.substr(0, text.find_first_of(" \t(;"));
}

Action ToAction(absl::string_view body) {
  constexpr std::pair<absl::string_view, Action> kActions[] = {
      {"failed", Action::kFailed},       {"delayed", Action::kDelayed},
      {"delivered", Action::kDelivered}, {"relayed", Action::kRelayed},
      {"expanded", Action::kExpanded},
  };
  for (const auto& [name, action] : kActions) {
    if (absl::EqualsIgnoreCase(FirstWord(body), name)) return action;
  }
  return Action::kUnknown;
}

// Of a block that forgot its Action.
Action ActionOfStatus(absl::string_view status) {
  if (absl::StartsWith(status, "5.")) return Action::kFailed;
  if (absl::StartsWith(status, "4.")) return Action::kDelayed;
  if (absl::StartsWith(status, "2.")) return Action::kDelivered;
  return Action::kUnknown;
}

// "smtp; 550 no" without its type.
std::string DiagnosticOf(absl::string_view body) {
  const size_t semicolon = body.find(';');
  if (semicolon != body.npos &&
      body.substr(0, semicolon).find_first_of(" \t") == absl::string_view::npos) {
    body.remove_prefix(semicolon + 1);
  }
  return CleanDiagnostic(body);
}

// The one that was written to is what its author knows. A final one that reads the same before
// xtext is undone tells that there was none to undo.
std::string AddressOf(const HeaderFields& block) {
  const std::string final = ReportedAddress(FieldOf(block, "Final-Recipient"));
  const std::string original = ReportedAddress(FieldOf(block, "Original-Recipient"));
  if (original.empty()) return final;
  if (absl::EqualsIgnoreCase(original, final)) return original;
  return UndoXtext(original);
}

std::optional<Recipient> ToRecipient(const HeaderFields& block) {
  Recipient recipient;
  recipient.address = AddressOf(block);
  if (recipient.address.empty()) return std::nullopt;
  recipient.status = EnhancedStatus(FieldOf(block, "Status"));
  recipient.diagnostic = DiagnosticOf(FieldOf(block, "Diagnostic-Code"));
  recipient.action = ToAction(FieldOf(block, "Action"));
  if (recipient.action == Action::kUnknown) recipient.action = ActionOfStatus(recipient.status);
  if (recipient.action == Action::kUnknown) return std::nullopt;
  return recipient;
}

// Blocks of fields, with empty lines between them (RFC 3464 section 2.1): the first is of the
// mail, unless a server left it out, each further one of a recipient.
DeliveryReport ReadStatus(absl::string_view text) {
  DeliveryReport report;
  for (size_t block_count = 0; !text.empty() && block_count < kMaxBlocks; ++block_count) {
    const HeaderFields block = ReadHeaderFields(text, kMaxReportBytes, kMaxFields);
    // A line that is no field ends a block, too: it must not stop us.
    const size_t end = block.end > 0 ? block.end : NextLine(text, 0);
    if (report.envelope_id.empty()) {
      const std::string id = UndoXtext(FieldOf(block, "Original-Envelope-Id"));
      report.envelope_id = std::string(CutUtf8(CleanLine(id), kMaxReportedAddress));
    }
    if (std::optional<Recipient> recipient = ToRecipient(block)) {
      report.recipients.push_back(*std::move(recipient));
      if (report.recipients.size() == kMaxReported) break;
    }
    text.remove_prefix(end);
  }
  return report;
}

std::string MessageIdOf(const MimePart& returned) {
  const std::string header = DecodedPart(returned, kMaxReturnedHeader);
  const HeaderFields fields = ReadHeaderFields(header, kMaxReturnedHeader, 500);
  const RawField* field = FindField(fields, "Message-ID");
  std::vector<std::string> ids;
  if (field != nullptr) ids = ParseMessageIds(field->body, 1);
  return ids.empty() ? "" : std::move(ids[0]);
}

// Some servers name it as if they answered (Gmail, Exchange).
std::string MessageIdFromHeader(const Mail& mail) {
  if (mail.in_reply_to.size() == 1) return mail.in_reply_to.front();
  return mail.references.size() == 1 ? mail.references.front() : "";
}

std::optional<size_t> FindStatusPart(const MimeTree& tree) {
  for (size_t i = 0; i < tree.parts.size(); ++i) {
    const MimePart& part = tree.parts[i];
    if (IsStatusPart(part) && IsNearTheTop(tree, part) &&
        MayReportDelivery(tree.parts[part.parent])) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<DeliveryReport> ReadDeliveryReport(const MimeTree& tree, const Mail& mail) {
  DeliveryReport report;
  if (const std::optional<size_t> at = FindStatusPart(tree)) {
    report = ReadStatus(DecodedPart(tree.parts[*at], kMaxReportBytes));
    if (report.recipients.empty()) return std::nullopt;
  } else if (std::optional<DeliveryReport> bounce = ReadBounceText(tree, mail)) {
    report = *std::move(bounce);
  } else {
    return std::nullopt;
  }
  for (const MimePart& part : tree.parts) {
    if (!report.message_id.empty()) break;
    if (IsReturnedMail(part) && IsNearTheTop(tree, part)) report.message_id = MessageIdOf(part);
  }
  if (report.message_id.empty()) report.message_id = MessageIdFromHeader(mail);
  return report;
}

std::string CleanDiagnostic(absl::string_view text) {
  std::string line = CleanLine(ToUtf8(text.substr(0, 4 * kMaxDiagnostic), ""));
  absl::RemoveExtraAsciiWhitespace(&line);  // of folded lines
  return std::string(CutUtf8(line, kMaxDiagnostic));
}

}  // namespace postern::mail
