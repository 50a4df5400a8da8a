#include "services/posternctl/rules_offline.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "lib/mail/mime_parser.h"
#include "services/posternctl/text_file.h"
#include "services/rules/answers/left_out.h"
#include "services/rules/engine/message_view.h"
#include "services/rules/engine/prepared_program.h"

namespace postern::posternctl {
namespace {

using rules::Evaluation;
using rules::Facts;

constexpr size_t kMaxMessageRead = 4 << 20;
constexpr size_t kMaxRecipients = 100;
constexpr int kMaxRounds = 20;
// RFC 5321 section 4.5.3.1 sets no limit; who looks for an error has the time for one.
constexpr absl::Duration kWall = absl::Seconds(5);

// What nobody can look up here. Mailboxes are there, programs run well, nothing was seen before.
std::string Assumed(const rules::FactKey& key) {
  if (absl::StartsWith(key, "mailbox:")) return "yes";
  if (absl::StartsWith(key, "run:")) return "0\n";
  const bool question = absl::StartsWith(key, "duplicate:") || absl::StartsWith(key, "list:") ||
                        absl::StartsWith(key, "lists:");
  return question ? "no" : "";
}

// "mailbox:Lists = yes". The key of a program that runs has the hash of what it is given.
std::string AssumedWords(const rules::FactKey& key, const std::string& value) {
  if (absl::StartsWith(key, "run:")) return "the program ends well, and says nothing";
  return absl::StrCat(absl::StrReplaceAll(key, {{"\n", " "}}), " = ",
                      value.empty() ? "nothing" : value);
}

// ' matched "win $$$"', as the trace has it for a line.
std::string MatchedAt(uint32_t line, const Evaluation& evaluation) {
  for (const rules::TraceStep& step : evaluation.trace) {
    const size_t found = step.text.rfind(" matched \"");
    if (!step.action && step.line == line && found != std::string::npos) {
      return step.text.substr(found);
    }
  }
  return "";
}

// Of a reject file: which line, which value. Empty: no reject line matched.
std::string ReasonOf(const Evaluation& evaluation) {
  for (const rules::Action& action : evaluation.actions) {
    const std::string matched = MatchedAt(action.line, evaluation);
    if (const auto* reject = std::get_if<rules::RejectAction>(&action.kind)) {
      return absl::StrCat(reject->reason, matched);
    }
    if (const auto* note = std::get_if<rules::NoteAction>(&action.kind)) {
      return absl::StrCat(note->text, matched);
    }
  }
  return "";
}

Outcome OutcomeOf(const RuleFile& file, std::string recipient, Evaluation evaluation) {
  Outcome outcome{std::move(recipient), std::move(evaluation), ""};
  if (!file.kind.Is(crypto::FileKind::kReject)) return outcome;
  outcome.reason = ReasonOf(outcome.evaluation);
  std::erase_if(outcome.evaluation.actions, [](const rules::Action& action) {
    return std::holds_alternative<rules::NoteAction>(action.kind);
  });
  return outcome;
}

class Judge {
 public:
  Judge(const OfflineQuestion& question, rules::PreparedProgramPtr program,
        const FileBeginning& message, OfflineAnswer& answer)
      : question_(question),
        program_(std::move(program)),
        view_(message.bytes, message.full_size),
        answer_(answer) {
    GatherFacts(mail::ParseMail(message.bytes, message.full_size));
  }

  void Go() {
    if (!program_->program().for_each_recipient || facts_.recipients.size() < 2) {
      answer_.outcomes.push_back(OutcomeOf(answer_.file, "", Evaluate()));
      return;
    }
    const std::vector<std::string> recipients = facts_.recipients;
    for (const std::string& recipient : recipients) {
      facts_.recipients = {recipient};
      answer_.outcomes.push_back(OutcomeOf(answer_.file, recipient, Evaluate()));
    }
    Choose();
  }

 private:
  void GatherFacts(const mail::Mail& mail) {
    const auto& fields = view_.Fields("Return-Path");
    facts_.envelope_from = question_.envelope_from.value_or(mail.envelope_from);
    facts_.envelope_known = question_.envelope_from.has_value() || !fields.empty();
    facts_.recipients = question_.envelope_to;
    for (const auto* addresses : {&mail.to, &mail.cc}) {
      for (const mail::Address& address : *addresses) {
        if (!question_.envelope_to.empty() || facts_.recipients.size() == kMaxRecipients) break;
        facts_.recipients.push_back(address.Spec());
      }
    }
    facts_.own_addresses = facts_.recipients;
    // Whose mailbox it is: nobody here knows their Jabber address.
    if (!facts_.recipients.empty()) facts_.owner = facts_.recipients.front();
    facts_.now = facts_.received = absl::Now();
    facts_.zone = absl::LocalTimeZone();
  }

  // Again, as long as something is missing that was not yet assumed.
  Evaluation Evaluate() {
    rules::EvaluationLimits limits;
    limits.wall = kWall;
    limits.trace = question_.every_step;
    Evaluation evaluation;
    for (int round = 0; round < kMaxRounds; ++round) {
      view_.Reset();
      const rules::Stage stages[] = {{program_, IsOperators(answer_.file)}};
      evaluation = rules::EvaluateStages(stages, view_, facts_, limits);
      bool is_new = false;
      for (const rules::FactKey& key : evaluation.missing) is_new = Assume(key) || is_new;
      if (!is_new) break;
    }
    rules::LeaveOutAnswers(facts_, view_, evaluation);
    return evaluation;
  }

  bool Assume(const rules::FactKey& key) {
    const auto [fact, is_new] = facts_.looked_up.try_emplace(key, Assumed(key));
    if (is_new) answer_.taken_for.push_back(AssumedWords(key, fact->second));
    return is_new;
  }

  void Choose() {
    for (size_t i = 0; i < answer_.outcomes.size(); ++i) {
      if (answer_.outcomes[i].evaluation.stopped_by_reject) continue;
      answer_.decisive = i;
      return;
    }
  }

  const OfflineQuestion& question_;
  const rules::PreparedProgramPtr program_;
  rules::MessageView view_;
  OfflineAnswer& answer_;
  Facts facts_;
};

}  // namespace

absl::StatusOr<OfflineAnswer> JudgeOffline(const OfflineQuestion& question) {
  auto file = ReadRuleFile(question.file);
  if (!file.ok()) return file.status();
  OfflineAnswer answer;
  answer.file = *std::move(file);
  const rules::Compiled compiled = CompileRuleFile(answer.file);
  if (absl::Status s = SplitProblems(answer.file, compiled.problems, answer.warnings); !s.ok())
    return s;
  if (!compiled.program) {
    return absl::InvalidArgumentError(
        absl::StrCat(answer.file.name, ": a file of the kind ", Words(answer.file.kind),
                     " judges no mails; 'posternctl rules check' looks it through"));
  }
  answer.program = compiled.program;
  auto message = ReadBeginning(question.message_file, kMaxMessageRead);
  if (!message.ok()) return message.status();
  auto program = std::make_shared<const rules::PreparedProgram>(compiled.program);
  Judge(question, std::move(program), *message, answer).Go();
  return answer;
}

}  // namespace postern::posternctl
