#include "lib/mail/address.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::mail {
namespace {

absl::Status Unreadable(const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason);
}

bool IsAtomText(unsigned char c) {
  return c >= 0x80 || absl::ascii_isalnum(c) ||
         absl::StrContains("!#$%&'*+-/=?^_`{|}~", static_cast<char>(c));
}

// Dot-atom of RFC 5322 section 3.2.3, with the UTF-8 of RFC 6532.
bool IsDotAtom(absl::string_view text) {
  char before = '.';
  for (char c : text) {
    if (c == '.' ? before == '.' : !IsAtomText(static_cast<unsigned char>(c))) return false;
    before = c;
  }
  return before != '.';
}

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

std::string Address::Spec() const {
  return absl::StrCat(IsDotAtom(local_part) ? local_part : Quoted(local_part), "@", domain);
}

std::string Address::Readable() const {
  if (display_name.empty()) return Spec();
  // Quotes where a name could pass for an address or for two people.
  const bool plain = display_name.find_first_of("\"\\()<>[]:;,@") == std::string::npos;
  return absl::StrCat(plain ? display_name : Quoted(display_name), " <", Spec(), ">");
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  absl::StatusOr<std::vector<Address>> all = ParseAddressList(text, 1);
  if (absl::IsResourceExhausted(all.status())) {
    return Unreadable(words::Word("more than one address stands there"));
  }
  if (!all.ok()) return all.status();
  if (all->empty()) return Unreadable(words::Word("there is no address"));
  return std::move(all->front());
}

absl::StatusOr<std::vector<Address>> ParseAddressList(absl::string_view text, size_t limit) {
  if (HasControls(text) || HasBidiControls(text)) {
    return Unreadable(words::Word("a control character hides in the address"));
  }
  std::vector<Address> addresses;
  AddressReader reader(text);
  while (std::optional<absl::StatusOr<Address>> next = reader.Next()) {
    if (!next->ok()) return next->status();
    if (addresses.size() == limit) {
      return words::Error(absl::StatusCode::kResourceExhausted,
                          words::Word("more than $0 addresses", limit));
    }
    addresses.push_back(**std::move(next));
  }
  return addresses;
}

}  // namespace postern::mail
