#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/store/redis_client.h"
#include "services/sender/outbox/outbox_values.h"
#include "services/sender/outbox/queue_view.h"

// How the outbox writes things down in Redis, and reads what its scripts answer.
// kDataLoss when an answer has not the shape that its script gives it.
namespace postern::sender {

std::string Ms(milliseconds duration);

// A wording on one line, for a field of a mail or of an outcome.
std::string EncodeWording(const words::Wording& wording);
words::Wording DecodeWording(absl::string_view text);

// One line an outcome: "S\trecipient\treason\n". What is no line of that shape is left out.
std::string EncodeOutcomes(const std::vector<Outcome>& outcomes);
std::vector<Outcome> DecodeOutcomes(absl::string_view text);

// What never changes of a mail, and no script looks at.
struct FixedPart {
  std::string message_id, from, envelope_id, context;
  bool eight_bit = false, utf8 = false, require_tls = false;
  std::vector<std::string> hidden;
};
std::string EncodeFixed(const ComposedMail& mail, absl::string_view context);
FixedPart DecodeFixed(absl::string_view text);

// The answer to a lease, or to another right: 1, or 0 when it is lost (kAborted).
absl::Status Fenced(const absl::StatusOr<store::Reply>& reply);
absl::StatusOr<TakeResult> ReadTake(const store::Reply& reply);
absl::StatusOr<std::vector<Report>> ReadReports(const store::Reply& reply);
absl::StatusOr<std::vector<Filing>> ReadFilings(const store::Reply& reply);
absl::StatusOr<QueuePage> ReadPage(const store::Reply& reply);

// What kSweep did: how much, and whose time is up.
struct SweptMail {
  std::string queue_id, state;
  words::Wording error;
};
struct Sweep {
  int64_t done = 0;
  std::vector<SweptMail> expired;
};
absl::StatusOr<Sweep> ReadSweep(const store::Reply& reply);

}  // namespace postern::sender
