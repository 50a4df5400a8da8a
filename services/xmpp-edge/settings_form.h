#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/words.h"

// The forms for an account's settings that admin checks: fields are named as in the proto, so
// that what admin finds wrong is told of them. Pure.
namespace postern::xmpp_edge {

FormField TextField(absl::string_view var, std::string label, std::string value);
// "text-multi": a value for each line (XEP-0004 section 3.3).
FormField LinesField(absl::string_view var, std::string label, std::vector<std::string> lines);
// The lines of a text with LF or CRLF line ends, without empty ones at its end.
std::vector<std::string> LinesOf(absl::string_view text);

// What was typed, in its place: nothing of it is to be typed twice. A form that is asked once
// more lies in Redis meanwhile, so no more than `most_kept` bytes of it.
void FillInAll(const FieldValues& submitted, size_t most_kept, DataForm& form);

// A field's text, several values as lines; nothing when it was not sent.
std::optional<std::string> TextOf(const FieldValues& submitted, const std::string& var);

// What admin says of a field ("schedule: 3:4: must be …", "identities: 2: …"), in the user's
// language, with the field's label.
std::string ProblemOf(const DataForm& form, const absl::Status& why, const Words& words);

}  // namespace postern::xmpp_edge
