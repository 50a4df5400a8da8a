#include "services/sender/outcomes/sentences.h"

#include <utility>

namespace postern::sender {
namespace {

// A lost lease (kAborted) is nothing that an author is told of.
bool NeedsNoWords(const absl::Status& status) {
  return status.ok() || absl::IsAborted(status) || words::WordingOf(status);
}

}  // namespace

words::Wording SentenceOf(const absl::Status& status) {
  auto wording = words::WordingOf(status);
  if (wording) return *std::move(wording);
  return words::Wording{"$0", {std::string(status.message())}};
}

absl::Status OfHost(const std::string& host, const absl::Status& status) {
  if (NeedsNoWords(status)) return status;
  if (absl::IsDeadlineExceeded(status)) {
    return words::Error(status.code(), words::Word("$0 did not answer in time", host));
  }
  return words::Error(status.code(), words::Word("$0: $1", host, status.message()));
}

absl::Status OfQueue(const absl::Status& status) {
  if (NeedsNoWords(status)) return status;
  return words::Error(status.code(),
                      words::Word("the queue of this gateway can't be read at the moment"));
}

absl::Status OfSubmission(const absl::Status& status) {
  if (NeedsNoWords(status)) return status;
  return words::Error(
      status.code(),
      words::Word("the queue of this gateway can't take the mail at the moment; try again later"));
}

absl::Status OfAttempt(std::chrono::minutes limit, const absl::Status& status) {
  if (NeedsNoWords(status) || !absl::IsDeadlineExceeded(status)) return status;
  return words::Error(status.code(),
                      words::Word("the mail server took longer than $0 minutes", limit.count()));
}

}  // namespace postern::sender
