#pragma once

#include <initializer_list>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

// What mail servers are told with a password in it, put together so that no copy is left.
namespace postern::crypto {

Secret Join(std::initializer_list<absl::string_view> pieces);
Secret Base64(absl::string_view text);
// The response of SASL PLAIN in base64; RFC 4616 section 2. Neither word may hold a NUL.
Secret SaslPlain(absl::string_view login, absl::string_view password);

}  // namespace postern::crypto
