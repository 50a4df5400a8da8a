// Whatever is read as an address means the same when it is written, read again, and sent: it never
// gets another domain on the way.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "lib/mail/domain_name.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/header_writer.h"

namespace {

using postern::mail::Address;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Folded or not, it is one field.
void RequireOneField(absl::string_view field) {
  Require(absl::EndsWith(field, "\r\n") && !absl::StrContains(field, '\0'));
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\r') Require(i + 1 < field.size() && field[i + 1] == '\n');
    if (field[i] != '\n') continue;
    Require(i > 0 && field[i - 1] == '\r' && (i + 1 == field.size() || field[i + 1] == ' '));
  }
}

void RequireSame(const Address& address, absl::string_view written) {
  const auto read = postern::mail::ParseAddressList(written);
  Require(read.ok() && read->size() == 1);
  Require(read->front().local_part == address.local_part);
  Require(read->front().domain == address.domain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto addresses = postern::mail::ParseAddressList(text);
  if (!addresses.ok()) return 0;
  for (const Address& address : *addresses) {
    RequireSame(address, address.Spec());
    RequireSame(address, address.Readable());
    const std::string field = postern::mail::HeaderLine("To", postern::mail::AddressWords(address));
    RequireOneField(field);
    RequireSame(address, postern::mail::Unfold(field.substr(3)));
    const auto form = postern::mail::TravellingForm(address);
    if (!form.ok()) continue;
    Require(form->local_part == address.local_part);
    RequireSame(*form, form->Spec());
    const bool was_ascii = std::all_of(address.domain.begin(), address.domain.end(),
                                       [](char c) { return (c & 0x80) == 0; });
    Require(!was_ascii || form->domain == address.domain);
  }
  return 0;
}
