#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::mail {

// The message ids of a Message-ID, In-Reply-To or References field (RFC 5322
// section 3.6.4), without their brackets. Comments and phrases between them are
// passed over; an id without brackets is taken when it has an '@'. Of more than
// `limit` the first and the newest are kept.
std::vector<std::string> ParseMessageIds(absl::string_view field_body, size_t limit);

}  // namespace postern::mail
