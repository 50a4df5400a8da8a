#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/words/wording.h"
#include "services/rules/engine/message_view.h"

namespace postern::rules {

// Who answers a mail by itself, and which mail.
struct AnswerCase {
  const MessageView& mail;                    // as it came, without edits
  std::vector<std::string> own_addresses;     // of the account, and those that the rule adds; bare
  std::string envelope_from;                  // empty: the null return path, when it is known
  bool envelope_known = false;                // else the mail has no Return-Path
  absl::Duration age = absl::ZeroDuration();  // since it came
  bool addresses_known = true;                // else it is taken for one that was written to
  bool is_news = true;                        // else it was in its folder long before
};

// To whom an automatic answer would go: the envelope's sender (RFC 3834 section 4); where nobody
// knows it, the first address of From. Empty: to nobody.
std::string AnswerAddress(const AnswerCase& answer);

// Why this mail must not be answered automatically, as the end of a sentence ("no answer: …");
// nothing when it may.
// RFC 3834 section 2, RFC 5230 sections 4.5 and 4.6, and what made answering machines answer each
// other elsewhere (section 5.2 of the rules reference).
std::optional<words::Wording> WhyNotAnswered(const AnswerCase& answer);

// It says of itself that nobody wrote it (RFC 3834 section 5).
bool IsAutomatic(const MessageView& mail);

// The one of `own_addresses` that To, Cc or their kin name: who answers, as the sender knows it.
// Nothing when none does.
std::optional<std::string> AddressWrittenTo(const MessageView& mail,
                                            const std::vector<std::string>& own_addresses);

}  // namespace postern::rules
