#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

namespace postern::mail {

// The words of a field's body. A line may be folded between two of them.
using HeaderWords = std::vector<std::string>;

// Free text, as in Subject: as it is when it is plain ASCII, else as encoded words (RFC 2047).
HeaderWords TextWords(absl::string_view utf8);

// A display name and its address, "Ann <ann@example.org>". The spec must be ASCII.
HeaderWords AddressWords(const Address& address);

// "Name: words", folded at 78 columns (RFC 5322 section 2.1.1) where there is a place to, with its
// CRLF.
std::string HeaderLine(absl::string_view name, const HeaderWords& words);

}  // namespace postern::mail
