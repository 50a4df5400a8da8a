#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/words/wording.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/memory/user_memory.h"

namespace postern::rules {

// Section 5.1 of the rules reference: what the rules of one user may do. Operators' may do more.
inline constexpr uint32_t kRedirectsADay = 200;
inline constexpr uint32_t kNotifiesAnHour = 60;
// Of everybody's: whatever their handles say, nobody is answered more often.
inline constexpr uint32_t kAnswersToOneAnHour = 4;
inline constexpr uint32_t kAnswersADay = 200;
inline constexpr size_t kMaxReceived = 50;

// An action that waits for its turn: whether it was done before, and whether there is a budget.
struct Proposal {
  v1::Action action;
  std::optional<UserMemory::Claim> claim;   // none: it may be done
  std::optional<UserMemory::NewMark> mark;  // left when it was done
  std::string name;                         // for the trace: "redirect"
  words::Wording done_before;               // why not, when another mail had it done
  words::Wording spent;                     // why not, when their budget is spent
  words::Wording spent_told;                // of that, for the user
  bool moves_mail = false;                  // without it, the mail is to be kept
};

// What is not done.
struct LeftOutNote {
  v1::Action action;
  std::string text;  // for the trace: "redirect left out: this mail went there before"
  words::Wording why;
};

struct Proposals {
  std::vector<Proposal> proposals;
  std::vector<LeftOutNote> notes;
  bool keep_instead = false;  // what would have taken the mail away is not done
  size_t answers = 0;
};

// Pure: what an evaluation came to, without what must not be done whatever was done before
// (RFC 3834, mails that go round). `message` is the mail as it came.
Proposals Propose(const v1::EvaluateRequest& request, const Facts& facts,
                  const MessageView& message, const Evaluation& evaluation);

// Leaves the automatic answers out: there are too many of them just now.
void DropAnswers(Proposals& proposals);

// Puts what may be done into the response: `answers` are those to the claims, in their order.
void Settle(Proposals proposals, const std::vector<UserMemory::Answer>& answers,
            v1::EvaluateResponse& response);

}  // namespace postern::rules
