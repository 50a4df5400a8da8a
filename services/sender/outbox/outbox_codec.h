#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/store/redis_client.h"
#include "services/sender/outbox/outbox.h"

// How the outbox writes things down in Redis, and reads what its scripts answer.
// kDataLoss when an answer has not the shape that its script gives it.
namespace postern::sender {

// A wording on one line, for a field of a mail or of an outcome.
std::string EncodeWording(const words::Wording& wording);
words::Wording DecodeWording(absl::string_view text);

// One line an outcome: "S\trecipient\treason\n". What is no line of that shape is left out.
std::string EncodeOutcomes(const std::vector<Outcome>& outcomes);
std::vector<Outcome> DecodeOutcomes(absl::string_view text);

absl::StatusOr<TakeResult> ReadTake(const store::Reply& reply);
absl::StatusOr<std::vector<Report>> ReadReports(const store::Reply& reply);
absl::StatusOr<QueuePage> ReadPage(const store::Reply& reply);

}  // namespace postern::sender
