#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// What of URLs and forms OAuth2 needs. All pure.
namespace postern::admin {

using FormFields = std::vector<std::pair<std::string, std::string>>;

// "https://" and a host; no blank, control character or fragment.
bool IsHttpsUrl(absl::string_view url);
// "/path" of such a URL, without a slash at its end; "" when there is none.
std::string PathOf(absl::string_view url);

// Percent-encoding of everything but RFC 3986's unreserved characters.
std::string EncodeUrlText(absl::string_view text);
// application/x-www-form-urlencoded.
std::string EncodeForm(const FormFields& fields);
// What can't be decoded is passed over; of fields of one name the first counts; at most 32.
FormFields DecodeForm(absl::string_view text);
// "" when there is none.
std::string FieldOf(const FormFields& fields, absl::string_view name);

}  // namespace postern::admin
