#pragma once

#include <optional>
#include <string>

#include "services/rules/answers/suppression.h"
#include "services/rules/engine/evaluate.h"

namespace postern::rules {

// Who would answer by this action. `mail` as it came, without edits, and outlives the case.
AnswerCase CaseOf(const Action& action, const Facts& facts, const MessageView& mail);

// Why an answer that a rule asks for is not sent, whatever was answered before. Nothing: it may
// be sent, or it is no answer.
std::optional<words::Wording> WhyLeftOut(const Action& action, const AnswerCase& answer);
// The line of the reasons about it: "vacation left out: the mail is from a list (List-Id)".
std::string LeftOutLine(absl::string_view action, const words::Wording& why);

// Takes such answers out of what an evaluation came to; its trace says why, behind what asked for
// them. An account without any address is taken for the one that the mail was written to.
void LeaveOutAnswers(const Facts& facts, const MessageView& mail, Evaluation& evaluation);

}  // namespace postern::rules
