#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/facts.h"
#include "services/rules/engine/message_view.h"

namespace postern::rules {

// kInvalidArgument: what is wrong with the call, and which mail of several it is.
absl::Status CheckEvaluate(const v1::EvaluateRequest& request);
absl::Status CheckEvaluateMails(const v1::EvaluateMailsRequest& request);

// What the caller tells of a mail and of its mailbox.
Facts FactsOf(const v1::EvaluateRequest& request, absl::Time now);

// The mail as rules look at it: as it came, when it was sent along, else a header that says what
// `mail` says. The request outlives it.
class MailUnderJudgement {
 public:
  explicit MailUnderJudgement(const v1::EvaluateRequest& request);
  MessageView& view() { return *view_; }

 private:
  std::string header_;  // what `view_` looks at when there is no message
  std::unique_ptr<MessageView> view_;
};

// A header (RFC 5322) of what `mail` tells: for programs that need no more. Addresses are the
// parsed ones, so that no display name passes for one.
std::string WriteHeader(const mail::v1::Mail& mail);

}  // namespace postern::rules
