#include "services/posternctl/rules_offline.h"

#include <algorithm>
#include <memory>
#include <utility>

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

class Judge {
 public:
  Judge(const OfflineQuestion& question, rules::PreparedProgramPtr program,
        const FileBeginning& message, OfflineAnswer& answer)
      : question_(question),
        program_(std::move(program)),
        view_(message.bytes, message.full_size),
        answer_(answer) {
    const mail::Mail mail = mail::ParseMail(message.bytes, message.full_size);
    answer.message_id = mail.message_id;
    answer.from = mail.from.empty() ? mail.envelope_from : mail.from.front().Spec();
    GatherFacts(mail);
  }

  void Go() {
    if (!program_->program().for_each_recipient || facts_.recipients.size() < 2) {
      answer_.outcomes.push_back({"", Evaluate()});
      return;
    }
    const std::vector<std::string> recipients = facts_.recipients;
    for (const std::string& recipient : recipients) {
      facts_.recipients = {recipient};
      answer_.outcomes.push_back({recipient, Evaluate()});
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
    const bool envelope = !question_.envelope_to.empty();
    for (size_t i = 0; i < answer_.outcomes.size(); ++i) {
      const bool rejected = answer_.outcomes[i].evaluation.stopped_by_reject;
      if (rejected != envelope) {
        answer_.decisive = i;
        return;
      }
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
  answer.file.scope = question.file.scope;
  const rules::Compiled compiled = CompileRuleFile(answer.file);
  if (absl::Status s = SplitProblems(compiled.problems, answer.warnings); !s.ok()) return s;
  if (!compiled.program) {
    return absl::InvalidArgumentError(
        absl::StrCat(answer.file.name, ": a file of the kind ", Words(answer.file.kind),
                     " judges no mails; 'posternctl rules check' looks it through"));
  }
  answer.program_hash = compiled.program->origin.hash;
  auto message = ReadBeginning(question.message_file, kMaxMessageRead);
  if (!message.ok()) return message.status();
  auto program = std::make_shared<const rules::PreparedProgram>(compiled.program);
  Judge(question, std::move(program), *message, answer).Go();
  return answer;
}

}  // namespace postern::posternctl
