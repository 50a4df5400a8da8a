#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::fetcher {

using Edits = google::protobuf::RepeatedPtrField<rules::v1::Edit>;

// The mail as rules changed it: what is shown of it, and what is sent on. Pure; linear in the
// mail for each edit. `mail` is RFC 5322 as it came, whole or its beginning. Nothing in an edit
// becomes another field or part: line breaks in values are blanks, names that are none are left
// out. Signed and encrypted parts are left alone (RFC 1847), but for the removal of signatures.
// What can't be done is left out.
std::string EditedMail(absl::string_view mail, const Edits& edits);

}  // namespace postern::fetcher
