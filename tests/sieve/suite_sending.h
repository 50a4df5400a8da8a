#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/rules/engine/evaluate.h"
#include "tests/sieve/suite_mails.h"

namespace postern::rules::suite {

// The mails that an answer or a notification sends, one for each recipient: allowed by what judges
// mails, and composed by the fetcher's and the sender's own code. None: nothing is sent, or not by
// mail. An error: it can't be composed.
//
// `text` is the mail as it came. The account's first address sends notifications.
absl::StatusOr<std::vector<SuiteMail>> MailsOf(const Action& action, const Facts& facts,
                                               const std::string& text);

}  // namespace postern::rules::suite
