#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "lib/words/wording.h"

// What went wrong around a delivery, as sentences for the mail's author. Pure.
namespace postern::sender {

// The wording that an error carries, else its message.
words::Wording SentenceOf(const absl::Status& status);

// The same error as a sentence, where it has none yet (all of a session's have).
absl::Status OfHost(const std::string& host, const absl::Status& status);
absl::Status OfQueue(const absl::Status& status);
absl::Status OfSubmission(const absl::Status& status);
absl::Status OfAttempt(std::chrono::minutes limit, const absl::Status& status);

}  // namespace postern::sender
