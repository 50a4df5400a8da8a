#include "services/sender/compose/mail_composer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/mail/domain_name.h"
#include "lib/mail/mime_writer.h"
#include "lib/words/wording.h"
#include "services/sender/compose/addressing.h"
#include "services/sender/compose/letter.h"

namespace postern::sender {
namespace {

constexpr char kUserAgent[] = "Postern/0.1";
constexpr size_t kBoundaryLetters = 24;

// An address that needs no quoting within a quoted string.
bool IsPlain(absl::string_view address) {
  return std::all_of(address.begin(), address.end(),
                     [](unsigned char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

std::string AutoSubmittedField(const Draft& draft) {
  switch (draft.auto_submitted) {
    case AutoSubmitted::kGenerated:
      return "auto-generated";
    case AutoSubmitted::kReplied:
      return "auto-replied";
    case AutoSubmitted::kNotified: {  // RFC 5436 section 2.7.1
      const std::string owner = draft.from.Spec();
      if (!IsPlain(owner)) return "auto-notified";
      return absl::StrCat("auto-notified; owner-email=\"", owner, "\"");
    }
    case AutoSubmitted::kNo:
      break;
  }
  return "";
}

// Written down it only grows; what is too large before is not worth the work.
absl::Status CheckSize(const Draft& draft) {
  if (draft.attachments.size() > kMaxAttachments) {
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("a mail can have at most $0 attachments; send it in several", kMaxAttachments));
  }
  size_t size = draft.text.size();
  if (draft.quote.has_value()) size += draft.quote->text.size();
  for (const mail::OutgoingPart& part : draft.attachments) size += part.content.size();
  return size > kMaxContentBytes ? TooLarge() : absl::OkStatus();
}

mail::OutgoingMail ToOutgoing(Draft&& draft, absl::string_view key, int64_t date_unix) {
  Letter letter = WriteLetter(draft);
  mail::OutgoingMail mail;
  mail.auto_submitted = AutoSubmittedField(draft);
  mail.from = std::move(draft.from);
  mail.to = std::move(draft.to);
  mail.cc = std::move(draft.cc);
  mail.subject = std::move(draft.subject);
  mail.text = std::move(letter.text);
  mail.html = std::move(letter.html);
  mail.parts = std::move(draft.attachments);
  mail.in_reply_to = std::move(draft.in_reply_to);
  mail.references = std::move(draft.references);
  mail.date_unix = date_unix;
  mail.zone = draft.zone;
  mail.user_agent = kUserAgent;
  mail.jabber_id = std::move(draft.jabber_id);
  const bool has_parts = !mail.html.empty() || !mail.parts.empty();
  if (has_parts) {
    mail.boundary = crypto::Sha256Hex(absl::StrCat("boundary\n", key)).substr(0, kBoundaryLetters);
  }
  return mail;
}

}  // namespace

absl::Status TooLarge() {
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("the mail is larger than $0 MiB; send less with it",
                                  kMaxContentBytes / 1024 / 1024));
}

std::string MessageIdOf(absl::string_view key, absl::string_view domain) {
  const auto ascii = mail::AsciiDomain(domain);
  // An address literal has brackets, which an id can't have.
  const bool usable =
      ascii.ok() && !ascii->empty() && std::all_of(ascii->begin(), ascii->end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '-' || c == '.';
      });
  const std::string hash = crypto::Sha256Hex(absl::StrCat("message-id\n", key)).substr(0, 32);
  return absl::StrCat(hash, "@", usable ? absl::string_view(*ascii) : "postern.invalid");
}

void Measure(ComposedMail& mail) {
  mail.envelope.size = mail.content.size();
  mail.envelope.eight_bit = std::any_of(mail.content.begin(), mail.content.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
}

absl::StatusOr<ComposedMail> Compose(Draft draft, absl::string_view key, int64_t date_unix) {
  if (absl::Status s = CheckSize(draft); !s.ok()) return s;
  auto envelope = EnvelopeOf(draft);
  if (!envelope.ok()) return envelope.status();
  ComposedMail composed;
  composed.envelope = *std::move(envelope);
  composed.envelope.require_tls = draft.require_tls;
  for (const mail::Address& address : draft.bcc) composed.hidden.push_back(address.Spec());
  composed.message_id = MessageIdOf(key, draft.from.domain);
  // A report has nowhere to go from "<>".
  if (!composed.envelope.from.empty()) {
    composed.envelope.envelope_id = EnvelopeIdOf(composed.message_id);
  }
  mail::OutgoingMail mail = ToOutgoing(std::move(draft), key, date_unix);
  mail.message_id = composed.message_id;
  auto content = mail::WriteMail(mail);
  if (!content.ok()) {
    // What its author reads names no part of ours.
    const absl::string_view why = absl::StripPrefix(content.status().message(), "mail: ");
    return words::Error(content.status().code(), words::Word("the mail can't be written: $0", why));
  }
  if (content->size() > kMaxContentBytes) return TooLarge();
  composed.content = *std::move(content);
  Measure(composed);
  return composed;
}

}  // namespace postern::sender
