#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/words/wording.h"

namespace postern::admin {

// What is wrong with a field of the registration form, for its user: kInvalidArgument,
// "field: reason", with the reason's wording beside it.
inline absl::Status WrongField(absl::string_view field, const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason, field);
}

}  // namespace postern::admin
