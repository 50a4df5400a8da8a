#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/judging/answer_breaker.h"
#include "services/rules/judging/fact_finder.h"
#include "services/rules/judging/strikes.h"
#include "services/rules/memory/user_memory.h"
#include "services/rules/programs/programs_in_force.h"

namespace postern::rules {

// What mails came to, as far as a rule had its say: to be recorded.
struct Decisions {
  std::vector<v1::Decision> withheld, shown;
};

// Judges mails by the programs in force: evaluates, looks up what that turned out to need, begins
// again, and leaves out what must not be done (answers to robots, spent budgets).
class MailJudge {
 public:
  struct Parts {
    StoredPrograms& stored;
    ProgramsInForce& programs;
    Compiler& compiler;
    UserMemory& memory;
    FactFinder& facts;
  };
  explicit MailJudge(Parts parts) : parts_(parts) {}

  struct Ask {
    const v1::EvaluateRequest* request;
    v1::EvaluateResponse* response;
  };
  // Of one user, in order; they are checked (question.h). kUnavailable: Redis or the runner is
  // away. kInvalidArgument: a script on trial is wrong.
  net::Task<absl::Status> Judge(std::vector<Ask> asks, Decisions& decisions);

  // Looked up anew so often at the most; then what is still missing is "no".
  static constexpr int kMaxRounds = 8;

 private:
  struct Case;
  using Cases = std::vector<std::unique_ptr<Case>>;

  using FirstMails = std::map<FactKey, std::string>;  // which mail of a call asked first

  static void AskFor(Case& one, FirstMails& first_mails, FactFinder::Need& need);
  static void EvaluateOnce(std::span<const Stage> programs, Case& one);
  std::vector<UserMemory::Claim> ProposeFor(Case& one);
  net::Task<absl::StatusOr<Stages>> StagesFor(const v1::EvaluateRequest& request);
  net::Task<absl::Status> PutOnTrial(const v1::EvaluateRequest& request, Stages& stages);
  net::Task<absl::Status> EvaluateAll(const std::string& user, const Stages& stages, Cases& cases);
  net::Task<absl::Status> Conclude(const std::string& user, const Stages& stages, Cases& cases,
                                   Decisions& decisions);
  net::Task<void> Count(const std::string& user, const Stages& stages, Case& judged);
  net::Task<void> Suspend(const std::string& user, const ProgramInForce& script, Case& judged);

  Parts parts_;
  AnswerBreaker breaker_;
  Strikes strikes_;
};

}  // namespace postern::rules
