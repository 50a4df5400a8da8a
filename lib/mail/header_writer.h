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

// A display name and its address, "Ann <ann@example.org>". An address beyond ASCII stays as it is
// (RFC 6532); the name is encoded all the same.
HeaderWords AddressWords(const Address& address);

// Several, with commas between them.
HeaderWords AddressListWords(const std::vector<Address>& addresses);

// A parameter, name="value", or as RFC 2231 section 4 writes what is not ASCII. On one line:
// many mail clients can't put together what is split.
HeaderWords ParameterWords(absl::string_view name, absl::string_view utf8);

// "Name: words", folded at 78 columns (RFC 5322 section 2.1.1) where there is a place to, with its
// CRLF.
std::string HeaderLine(absl::string_view name, const HeaderWords& words);

}  // namespace postern::mail
