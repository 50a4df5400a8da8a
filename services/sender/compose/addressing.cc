#include "services/sender/compose/addressing.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/domain_name.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxEnvelopeId = 100;

// RFC 5321 section 2.3.5, with RFC 6531's letters and address literals.
bool IsDomain(absl::string_view domain) {
  if (domain.empty() || domain.size() > 255 || domain.front() == '.' || domain.back() == '.') {
    return false;
  }
  return std::all_of(domain.begin(), domain.end(), [](char c) {
    return absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
           absl::StrContains("-.:[]_", c);
  });
}

// Quoting makes a local part with odd characters harmless (Address::Spec); control
// characters and angle brackets have no business in one at all, quoted or not.
bool IsLocalPart(absl::string_view local) {
  if (local.empty() || local.size() > 64) return false;
  return std::none_of(local.begin(), local.end(),
                      [](char c) { return absl::ascii_iscntrl(c) || c == '<' || c == '>'; });
}

absl::Status NoAddress(const mail::Address& address) {
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("'$0@$1' is no mail address", absl::Utf8SafeCHexEscape(address.local_part),
                  absl::Utf8SafeCHexEscape(address.domain)));
}

absl::Status ToTravelling(std::vector<mail::Address>& addresses) {
  for (mail::Address& address : addresses) {
    auto travelling = Travelling(address);
    if (!travelling.ok()) return travelling.status();
    address = *std::move(travelling);
  }
  return absl::OkStatus();
}

absl::Status Collect(const std::vector<mail::Address>& addresses,
                     absl::flat_hash_set<std::string>& seen, smtp::Envelope& envelope) {
  for (const mail::Address& address : addresses) {
    std::string spec = address.Spec();
    if (!seen.insert(spec).second) continue;
    if (envelope.to.size() == kMaxRecipients) {
      return words::Error(
          absl::StatusCode::kResourceExhausted,
          words::Word("a mail can have at most $0 recipients; send it in several", kMaxRecipients));
    }
    envelope.utf8 = envelope.utf8 || mail::NeedsUtf8(address);
    envelope.to.push_back(std::move(spec));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<mail::Address> Travelling(const mail::Address& address) {
  if (!IsLocalPart(address.local_part) || !IsDomain(address.domain)) return NoAddress(address);
  auto form = mail::TravellingForm(address);
  if (!form.ok()) return form;
  // Bcc stands in no header, where it would be looked at once more.
  const auto read = mail::ParseSpec(form->Spec());
  const bool means_itself =
      read.ok() && read->local_part == form->local_part && read->domain == form->domain;
  if (!means_itself) return NoAddress(address);
  return form;
}

absl::StatusOr<smtp::Envelope> EnvelopeOf(Draft& draft) {
  auto from = Travelling(draft.from);
  if (!from.ok()) return from.status();
  draft.from = *std::move(from);
  smtp::Envelope envelope;
  envelope.utf8 = mail::NeedsUtf8(draft.from);
  // RFC 3834 section 3.3: nobody answers an answer that nobody wrote.
  const bool answers_by_itself = draft.auto_submitted == AutoSubmitted::kReplied;
  if (!answers_by_itself) envelope.from = draft.from.Spec();
  absl::flat_hash_set<std::string> seen;
  for (auto* addresses : {&draft.to, &draft.cc, &draft.bcc}) {
    if (absl::Status s = ToTravelling(*addresses); !s.ok()) return s;
    if (absl::Status s = Collect(*addresses, seen, envelope); !s.ok()) return s;
  }
  if (envelope.to.empty()) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("the mail has no recipient"));
  }
  return envelope;
}

std::string EnvelopeIdOf(absl::string_view message_id) {
  return std::string(message_id.substr(0, kMaxEnvelopeId));
}

}  // namespace postern::sender
