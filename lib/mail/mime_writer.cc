#include "lib/mail/mime_writer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/body_encoding.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxId = 900;  // with its brackets and the field's name still one line

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

absl::Status CheckText(absl::string_view what, absl::string_view text) {
  if (!IsUtf8(text))
    return absl::InvalidArgumentError(absl::StrCat("mail: ", what, " is not UTF-8"));
  if (HasControls(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat("mail: ", what, " holds a line break or a control character"));
  }
  return absl::OkStatus();
}

absl::Status CheckAddress(const Address& address) {
  if (absl::Status s = CheckText("a display name", address.display_name); !s.ok()) return s;
  // Whatever its parts hold, it must read back as these parts.
  const absl::StatusOr<Address> read = ParseSpec(address.Spec());
  if (!read.ok())
    return absl::InvalidArgumentError(absl::StrCat("mail: an address: ", read.status().message()));
  if (read->local_part != address.local_part ||
      !absl::EqualsIgnoreCase(read->domain, address.domain)) {
    return absl::InvalidArgumentError("mail: an address does not mean what it says");
  }
  if (!IsAscii(address.Spec())) {
    return absl::InvalidArgumentError(
        absl::StrCat("mail: ", address.Spec(),
                     " has characters beyond ASCII; write its domain in the xn-- form"));
  }
  if (address.Spec().size() > kMaxId)
    return absl::InvalidArgumentError("mail: an address is too long");
  return absl::OkStatus();
}

bool IsMessageId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxId && IsAscii(id) && !HasControls(id) &&
         id.find_first_of(" <>") == id.npos;
}

absl::Status Check(const OutgoingMail& mail) {
  if (absl::Status s = CheckText("the subject", mail.subject); !s.ok()) return s;
  if (absl::Status s = CheckText("the user agent", mail.user_agent); !s.ok()) return s;
  if (absl::Status s = CheckAddress(mail.from); !s.ok()) return s;
  for (const std::vector<Address>* list : {&mail.to, &mail.cc}) {
    for (const Address& address : *list) {
      if (absl::Status s = CheckAddress(address); !s.ok()) return s;
    }
  }
  if (!IsUtf8(mail.text)) return absl::InvalidArgumentError("mail: the text is not UTF-8");
  for (const std::string* id : {&mail.message_id, &mail.in_reply_to}) {
    if (!id->empty() && HasControls(*id)) {
      return absl::InvalidArgumentError(
          "mail: a message id holds a line break or a control character");
    }
  }
  if (!IsMessageId(mail.message_id))
    return absl::InvalidArgumentError("mail: the message id can't be written");
  return absl::OkStatus();
}

HeaderWords ListWords(const std::vector<Address>& addresses) {
  HeaderWords all;
  for (const Address& address : addresses) {
    if (!all.empty()) all.back() += ",";
    for (std::string& word : AddressWords(address)) all.push_back(std::move(word));
  }
  return all;
}

// Ids that come from somebody else's mail: those that can't be written are left out, and the thread
// survives.
HeaderWords IdWords(const std::vector<std::string>& ids) {
  HeaderWords words;
  for (const std::string& id : ids) {
    if (IsMessageId(id)) words.push_back(absl::StrCat("<", id, ">"));
  }
  return words;
}

std::string DateField(int64_t unix_time) {
  const absl::Time time = absl::FromUnixSeconds(unix_time);
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<std::string> WriteMail(const OutgoingMail& mail) {
  if (absl::Status s = Check(mail); !s.ok()) return s;
  const EncodedBody body = EncodeBody(CleanText(mail.text));
  std::string out;
  const auto add = [&out](absl::string_view name, const HeaderWords& words) {
    if (!words.empty()) out += HeaderLine(name, words);
  };
  add("Date", {DateField(mail.date_unix)});
  add("From", AddressWords(mail.from));
  add("To", mail.to.empty() && mail.cc.empty() ? HeaderWords{"undisclosed-recipients:;"}
                                               : ListWords(mail.to));
  add("Cc", ListWords(mail.cc));
  add("Subject", TextWords(mail.subject));
  add("Message-ID", IdWords({mail.message_id}));
  add("In-Reply-To", IdWords({mail.in_reply_to}));
  add("References", IdWords(mail.references));
  add("User-Agent", TextWords(mail.user_agent));
  add("MIME-Version", {"1.0"});
  add("Content-Type", {"text/plain;", "charset=utf-8"});
  add("Content-Transfer-Encoding", {body.transfer_encoding});
  return absl::StrCat(out, "\r\n", body.bytes);
}

}  // namespace postern::mail
