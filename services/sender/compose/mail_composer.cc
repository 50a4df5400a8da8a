#include "services/sender/compose/mail_composer.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/mail/mime_writer.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

constexpr char kUserAgent[] = "Postern/0.1";

bool IsHighByte(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// RFC 5321 section 2.3.5, with RFC 6531's letters and address literals.
bool IsDomain(absl::string_view domain) {
  if (domain.empty() || domain.size() > 255 || domain.front() == '.' || domain.back() == '.') {
    return false;
  }
  return std::all_of(domain.begin(), domain.end(), [](char c) {
    return absl::ascii_isalnum(c) || IsHighByte(c) || absl::StrContains("-.:[]", c);
  });
}

// Quoting makes a local part with odd characters harmless (Address::Spec); control
// characters and angle brackets have no business in one at all, quoted or not.
bool IsLocalPart(absl::string_view local) {
  if (local.empty() || local.size() > 64) return false;
  return std::none_of(local.begin(), local.end(),
                      [](char c) { return absl::ascii_iscntrl(c) || c == '<' || c == '>'; });
}

absl::Status CheckAddress(const mail::Address& address) {
  if (IsLocalPart(address.local_part) && IsDomain(address.domain)) return absl::OkStatus();
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("'$0@$1' is no mail address", absl::Utf8SafeCHexEscape(address.local_part),
                  absl::Utf8SafeCHexEscape(address.domain)));
}

// What stands in a header is ASCII: lib/mail/mime_writer.h.
absl::Status CheckHeaderAddress(const mail::Address& address) {
  if (absl::Status s = CheckAddress(address); !s.ok()) return s;
  const std::string spec = address.Spec();
  if (std::none_of(spec.begin(), spec.end(), IsHighByte)) return absl::OkStatus();
  return words::Error(absl::StatusCode::kInvalidArgument,
                      words::Word("$0 has letters beyond ASCII; write its domain in the xn-- form",
                                  absl::Utf8SafeCHexEscape(spec)));
}

absl::Status Collect(const std::vector<mail::Address>& addresses,
                     absl::flat_hash_set<std::string>& seen, std::vector<std::string>& to) {
  for (mail::Address address : addresses) {
    if (absl::Status s = CheckAddress(address); !s.ok()) return s;
    // The domain's case means nothing; the local part's may. RFC 5321 section 2.4.
    absl::AsciiStrToLower(&address.domain);
    std::string spec = address.Spec();
    if (!seen.insert(spec).second) continue;
    if (to.size() == kMaxRecipients) {
      return words::Error(absl::StatusCode::kResourceExhausted,
                          words::Word("a mail can have at most $0 recipients", kMaxRecipients));
    }
    to.push_back(std::move(spec));
  }
  return absl::OkStatus();
}

absl::StatusOr<smtp::Envelope> EnvelopeOf(const Draft& draft) {
  smtp::Envelope envelope;
  if (absl::Status s = CheckSender(draft.from); !s.ok()) return s;
  envelope.from = draft.from.Spec();
  for (const auto* addresses : {&draft.to, &draft.cc}) {
    for (const mail::Address& address : *addresses) {
      if (absl::Status s = CheckHeaderAddress(address); !s.ok()) return s;
    }
  }
  absl::flat_hash_set<std::string> seen;
  for (const auto* addresses : {&draft.to, &draft.cc, &draft.bcc}) {
    if (absl::Status s = Collect(*addresses, seen, envelope.to); !s.ok()) return s;
  }
  if (envelope.to.empty()) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("the mail has no recipient"));
  }
  return envelope;
}

absl::Status TooLarge() {
  return words::Error(
      absl::StatusCode::kResourceExhausted,
      words::Word("the mail is larger than $0 MiB", kMaxContentBytes / 1024 / 1024));
}

std::string MessageIdOf(absl::string_view key, absl::string_view domain) {
  // A Message-ID is ASCII even where addresses are not, and no address literal.
  const bool usable = std::all_of(domain.begin(), domain.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.';
  });
  const std::string hash = crypto::Sha256Hex(absl::StrCat("message-id\n", key)).substr(0, 32);
  return absl::StrCat(hash, "@", usable ? domain : "postern.invalid");
}

}  // namespace

absl::Status CheckSender(const mail::Address& from) { return CheckHeaderAddress(from); }

absl::StatusOr<ComposedMail> Compose(const Draft& draft, absl::string_view key, int64_t date_unix) {
  // Written down it only grows; so large a text is not worth the work.
  if (draft.text.size() > kMaxContentBytes) return TooLarge();
  ComposedMail composed;
  auto envelope = EnvelopeOf(draft);
  if (!envelope.ok()) return envelope.status();
  composed.envelope = *std::move(envelope);
  composed.message_id = MessageIdOf(key, draft.from.domain);

  mail::OutgoingMail mail;
  mail.from = draft.from;
  mail.to = draft.to;
  mail.cc = draft.cc;
  mail.subject = draft.subject;
  mail.text = draft.text;
  mail.message_id = composed.message_id;
  mail.in_reply_to = draft.in_reply_to;
  mail.references = draft.references;
  mail.date_unix = date_unix;
  mail.user_agent = kUserAgent;
  auto content = mail::WriteMail(mail);
  if (!content.ok()) {
    return words::Error(content.status().code(),
                        words::Word("the mail can't be written: $0", content.status().message()));
  }
  if (content->size() > kMaxContentBytes) return TooLarge();
  composed.content = *std::move(content);
  composed.envelope.size = composed.content.size();
  composed.envelope.eight_bit =
      std::any_of(composed.content.begin(), composed.content.end(), IsHighByte);
  return composed;
}

}  // namespace postern::sender
