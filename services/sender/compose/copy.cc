#include "services/sender/compose/copy.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/mail/domain_name.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/message_ids.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/sender/compose/addressing.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxReceived = 50;
constexpr size_t kMaxHeaderBytes = 1024 * 1024, kMaxFields = 10'000;
constexpr size_t kMaxSubject = 1024;

bool IsCopiedField(const mail::RawField& field) {
  return absl::EqualsIgnoreCase(field.name, kCopiedField);
}

// Tells whom a mail was copied for, and by which account, to nobody but us.
std::string TokenOf(absl::string_view account_id, absl::string_view recipient) {
  return crypto::Sha256Hex(
             absl::StrCat("copied\n", account_id, "\n", absl::AsciiStrToLower(recipient)))
      .substr(0, 32);
}

absl::Status CameRound() {
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("this mail goes round in a circle, so it is not copied once more"));
}

// Mailboxes keep "From " lines of their own before the header.
absl::string_view WithoutMboxLine(absl::string_view mail) {
  while (absl::StartsWith(mail, "From ") || absl::StartsWith(mail, ">From ")) {
    mail.remove_prefix(mail::NextLine(mail, 0));
  }
  return mail;
}

absl::StatusOr<mail::HeaderFields> ReadHeader(absl::string_view mail) {
  mail::HeaderFields header = mail::ReadHeaderFields(mail, kMaxHeaderBytes, kMaxFields);
  const bool folded_first = absl::StartsWith(mail, " ") || absl::StartsWith(mail, "\t");
  if (header.fields.empty() || folded_first || header.over_limit) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("what is to be copied has no header that can be read"));
  }
  return header;
}

// What arrives anywhere is CRLF between lines, whatever it was.
std::string WithCrlf(absl::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 16 + 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\r' || c == '\n') {
      out += "\r\n";
      if (c == '\r' && bytes.substr(i + 1, 1) == "\n") ++i;
    } else if (c != '\0') {
      out.push_back(c);
    }
  }
  if (!absl::EndsWith(out, "\r\n")) out += "\r\n";
  return out;
}

// Whom a mail was for in secret is told to nobody (RFC 5322 section 3.6.3), though who sent it, or
// a server, left the field in. To be called with what goes out: before its line ends were mended,
// a field might have hidden behind another.
std::string WithoutBcc(std::string mail) {
  const mail::HeaderFields header = mail::ReadHeaderFields(mail, kMaxHeaderBytes, kMaxFields);
  std::string kept;
  size_t copied = 0;
  for (const mail::RawField& field : header.fields) {
    const bool secret = absl::EqualsIgnoreCase(field.name, "Bcc") ||
                        absl::EqualsIgnoreCase(field.name, "Resent-Bcc");
    if (!secret) continue;
    const size_t begin = field.name.data() - mail.data();
    kept.append(mail, copied, begin - copied);
    copied = mail::NextLine(mail, field.body.data() + field.body.size() - mail.data());
  }
  if (copied == 0) return mail;
  return kept.append(mail, copied, std::string::npos);
}

std::string Trimmed(const mail::RawField* field) {
  return field == nullptr ? "" : mail::Unfold(field->body);
}

// A real address in UTF-8, not a name that somebody wrote without encoding it.
bool HasUtf8Addresses(const mail::HeaderFields& header) {
  return std::any_of(header.fields.begin(), header.fields.end(), [](const mail::RawField& field) {
    for (absl::string_view name : {"From", "Sender", "Reply-To", "To", "Cc"}) {
      if (!absl::EqualsIgnoreCase(field.name, name) || !mail::IsUtf8(field.body)) continue;
      const auto addresses = mail::ParseAddressList(mail::Unfold(field.body), 1000);
      if (!addresses.ok()) return false;
      return std::any_of(addresses->begin(), addresses->end(), mail::NeedsUtf8);
    }
    return false;
  });
}

// The recipients that are left, and the fields that tell the next copier of them.
class Marks {
 public:
  Marks(const mail::HeaderFields& header, absl::string_view account_id) : account_id_(account_id) {
    for (const mail::RawField& field : header.fields) {
      if (IsCopiedField(field)) seen_.insert(mail::Unfold(field.body));
    }
  }
  bool any() const { return !seen_.empty(); }

  // Takes those out that were served, and answers the fields of the others.
  std::string Mark(std::vector<mail::Address>& recipients) const {
    std::string fields;
    std::vector<mail::Address> left;
    for (mail::Address& recipient : recipients) {
      const std::string token = TokenOf(account_id_, recipient.Spec());
      if (seen_.contains(token)) continue;
      absl::StrAppend(&fields, kCopiedField, ": ", token, "\r\n");
      left.push_back(std::move(recipient));
    }
    recipients = std::move(left);
    return fields;
  }

 private:
  const absl::string_view account_id_;
  absl::flat_hash_set<std::string> seen_;
};

absl::Status CheckLoop(const mail::HeaderFields& header, const Marks& marks, bool headers_only) {
  const auto received = std::count_if(
      header.fields.begin(), header.fields.end(),
      [](const mail::RawField& field) { return absl::EqualsIgnoreCase(field.name, "Received"); });
  if (static_cast<size_t>(received) > kMaxReceived) return CameRound();
  return headers_only && marks.any() ? CameRound() : absl::OkStatus();
}

// It came from "<>", or is an answer that nobody wrote (RFC 3834 section 3.3): neither is answered.
bool WantsNoAnswer(const mail::HeaderFields& header) {
  return Trimmed(mail::FindField(header, "Return-Path")) == "<>" ||
         absl::StartsWithIgnoreCase(Trimmed(mail::FindField(header, "Auto-Submitted")),
                                    "auto-replied");
}

// The header as it is, without the empty line behind it.
std::string NoteOn(const mail::HeaderFields& header, const mail::Address& from) {
  std::string note = absl::StrCat("This is a copy of the header of a mail, sent to you for ",
                                  from.Spec(), ". Its text and attachments are left out.\n\n");
  for (absl::string_view name : {"From", "To", "Subject", "Date"}) {
    const std::string value =
        mail::DecodeHeaderText(Trimmed(mail::FindField(header, name)).substr(0, 4 * kMaxSubject));
    if (!value.empty()) {
      absl::StrAppend(&note, name, ": ", mail::CutUtf8(value, kMaxSubject), "\n");
    }
  }
  return note;
}

absl::StatusOr<ComposedMail> ComposeHeaderCopy(Draft draft, absl::string_view header_bytes,
                                               absl::string_view key, int64_t date_unix) {
  const std::string block = WithoutBcc(WithCrlf(header_bytes));
  // Of what goes out, for there each field has a line of its own.
  const mail::HeaderFields header = mail::ReadHeaderFields(block, kMaxHeaderBytes, kMaxFields);
  absl::string_view fields = block;
  while (absl::EndsWith(fields, "\r\n\r\n")) fields.remove_suffix(2);
  const std::string subject = mail::DecodeHeaderText(
      Trimmed(mail::FindField(header, "Subject")).substr(0, 4 * kMaxSubject));
  draft.subject = absl::StrCat("Copy: ", mail::CutUtf8(subject, kMaxSubject));
  draft.text = NoteOn(header, draft.from);
  draft.auto_submitted = AutoSubmitted::kGenerated;
  draft.zone = absl::UTCTimeZone();
  draft.attachments.push_back({fields, "", "text/rfc822-headers", ""});
  return Compose(std::move(draft), key, date_unix);
}

}  // namespace

absl::StatusOr<ComposedMail> ComposeCopy(const CopyOrder& order, absl::string_view key,
                                         int64_t date_unix) {
  if (order.mail.size() > kMaxContentBytes) return TooLarge();
  const absl::string_view mail = WithoutMboxLine(order.mail);
  auto header = ReadHeader(mail);
  if (!header.ok()) return header.status();
  const Marks marks(*header, order.account_id);
  if (absl::Status s = CheckLoop(*header, marks, order.headers_only); !s.ok()) return s;

  Draft draft;
  draft.from = order.from;
  draft.to = order.recipients;
  auto envelope = EnvelopeOf(draft);
  if (!envelope.ok()) return envelope.status();
  const std::string trace = marks.Mark(draft.to);
  if (draft.to.empty()) return CameRound();
  const bool wants_no_answer = WantsNoAnswer(*header);

  ComposedMail copy;
  if (order.headers_only) {
    auto composed =
        ComposeHeaderCopy(std::move(draft), mail.substr(0, header->end), key, date_unix);
    if (!composed.ok()) return composed.status();
    copy = *std::move(composed);
    copy.content.insert(0, trace);
  } else {
    auto left = EnvelopeOf(draft);  // those that are not in a circle
    if (!left.ok()) return left.status();
    copy.envelope = *std::move(left);
    copy.envelope.utf8 = copy.envelope.utf8 || HasUtf8Addresses(*header);
    copy.content = trace + WithoutBcc(WithCrlf(mail));
    const auto ids = mail::ParseMessageIds(Trimmed(mail::FindField(*header, "Message-ID")), 1);
    copy.message_id = ids.empty() ? MessageIdOf(key, order.from.domain) : ids.front();
  }
  if (copy.content.size() > kMaxContentBytes) return TooLarge();
  if (wants_no_answer) copy.envelope.from.clear();
  copy.envelope.envelope_id.clear();  // reports go to nobody but the account's owner
  Measure(copy);
  return copy;
}

}  // namespace postern::sender
