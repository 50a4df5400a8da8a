#include "lib/mail/outgoing_mail.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxId = 900;  // with its brackets and the field's name still one line
constexpr size_t kMaxBoundary = 32;

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

absl::Status Wrong(absl::string_view what, absl::string_view how) {
  return absl::InvalidArgumentError(absl::StrCat("mail: ", what, " ", how));
}

absl::Status CheckText(absl::string_view what, absl::string_view text) {
  if (text.size() > kMaxFieldBytes) return Wrong(what, "is too long");
  if (!IsUtf8(text)) return Wrong(what, "is not UTF-8");
  if (HasControls(text)) return Wrong(what, "holds a line break or a control character");
  return absl::OkStatus();
}

absl::Status CheckAddress(const Address& address) {
  if (absl::Status s = CheckText("a display name", address.display_name); !s.ok()) return s;
  // Whatever its parts hold, it must read back as these parts.
  const std::string spec = address.Spec();
  const absl::StatusOr<Address> read = ParseSpec(spec);
  if (!read.ok()) return Wrong("an address:", read.status().message());
  if (read->local_part != address.local_part ||
      !absl::EqualsIgnoreCase(read->domain, address.domain)) {
    return Wrong("an address", "does not mean what it says");
  }
  if (IsAscii(address.local_part) && !IsAscii(address.domain)) {
    return Wrong(spec, "has a domain beyond ASCII");
  }
  if (spec.size() > kMaxId) return Wrong("an address", "is too long");
  return absl::OkStatus();
}

absl::Status CheckIds(const OutgoingMail& mail) {
  if (!mail.in_reply_to.empty() && HasControls(mail.in_reply_to)) {
    return Wrong("a message id", "holds a line break or a control character");
  }
  if (!IsMessageId(mail.message_id)) return Wrong("the message id", "can't be written");
  for (const OutgoingPart& part : mail.parts) {
    if (!part.content_id.empty() && !IsMessageId(part.content_id)) {
      return Wrong("the content id of an attachment", "can't be written");
    }
  }
  return absl::OkStatus();
}

// No space: it would be another word, and no bracket: it would be somebody's address.
bool IsJid(absl::string_view jid) {
  return std::none_of(jid.begin(), jid.end(), [](char c) {
    return absl::ascii_isspace(c) || absl::StrContains("<>,;\"()", c);
  });
}

bool IsBoundary(absl::string_view text) {
  return text.size() <= kMaxBoundary && std::all_of(text.begin(), text.end(), absl::ascii_isalnum);
}

}  // namespace

bool IsMessageId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxId && IsAscii(id) && !HasControls(id) &&
         id.find_first_of(" <>") == id.npos;
}

bool IsInlineImage(const OutgoingPart& part) {
  return !part.content_id.empty() && absl::StartsWithIgnoreCase(part.content_type, "image/");
}

absl::Status CheckOutgoing(const OutgoingMail& mail) {
  if (absl::Status s = CheckText("the subject", mail.subject); !s.ok()) return s;
  if (absl::Status s = CheckText("the user agent", mail.user_agent); !s.ok()) return s;
  if (absl::Status s = CheckText("the Jabber address", mail.jabber_id); !s.ok()) return s;
  if (absl::Status s = CheckText("Auto-Submitted", mail.auto_submitted); !s.ok()) return s;
  if (!IsJid(mail.jabber_id)) return Wrong("the Jabber address", "can't be written");
  if (!IsBoundary(mail.boundary)) return Wrong("the boundary", "can't be written");
  if (absl::Status s = CheckAddress(mail.from); !s.ok()) return s;
  for (const std::vector<Address>* list : {&mail.to, &mail.cc}) {
    for (const Address& address : *list) {
      if (absl::Status s = CheckAddress(address); !s.ok()) return s;
    }
  }
  if (!IsUtf8(mail.text)) return Wrong("the text", "is not UTF-8");
  if (!IsUtf8(mail.html)) return Wrong("the HTML", "is not UTF-8");
  return CheckIds(mail);
}

}  // namespace postern::mail
