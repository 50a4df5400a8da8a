#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

namespace postern::mail {

// A domain as DNS knows it: "bücher.example" is "xn--bcher-kva.example" (IDNA 2008 as UTS 46 has
// it, not transitional). What is ASCII is only made lower case; address literals too.
// kInvalidArgument, with a wording.
absl::StatusOr<std::string> AsciiDomain(absl::string_view domain);

// An address as it travels: its domain in ASCII, so that any server takes it; but where the local
// part needs SMTPUTF8 all the same (RFC 6531), the domain stays readable, too (RFC 6532).
// kInvalidArgument, with a wording.
absl::StatusOr<Address> TravellingForm(const Address& address);

// It can be written only where SMTPUTF8 is spoken.
bool NeedsUtf8(const Address& address);

}  // namespace postern::mail
