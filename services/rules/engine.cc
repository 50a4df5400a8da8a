#include "services/rules/engine.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxShownCodePoints = 200;

struct Match {
  const Rule* rule = nullptr;
  absl::string_view value;
};

std::span<const std::string> ValuesOf(Field field, const Facts& facts, const Spellings& recipient) {
  switch (field) {
    case Field::kSource:
      return facts.source;
    case Field::kDestination:
      return recipient;
    case Field::kSubject:
      return std::span(&facts.subject, 1);
    case Field::kReceived:
      return facts.received;
  }
  return {};
}

// The first rule with this effect that matches, in the order of the source.
std::optional<Match> FirstMatch(const Program& program, Effect effect, const Facts& facts,
                                const Spellings& recipient) {
  for (const Rule& rule : program.rules) {
    if (rule.then != effect) continue;
    for (const std::string& value : ValuesOf(rule.when.field, facts, recipient))
      if (RE2::PartialMatch(value, *rule.when.pattern)) return Match{&rule, value};
  }
  return std::nullopt;
}

std::string Describe(const Program& program, const Match& match) {
  return absl::StrCat(program.file_name, ":", match.rule->line, ": ",
                      Shorten(match.rule->text, kMaxShownCodePoints), " matched \"",
                      Shorten(match.value, kMaxShownCodePoints), "\"");
}

Judgement JudgeOne(const Program& program, const Facts& facts, const Spellings& recipient) {
  Judgement judgement;
  const auto reject = FirstMatch(program, Effect::kReject, facts, recipient);
  if (!reject) return judgement;
  judgement.program_hash = program.hash;
  judgement.reason = Describe(program, *reject);
  const auto accept = FirstMatch(program, Effect::kAccept, facts, recipient);
  if (accept) {
    judgement.reason =
        absl::StrCat(Describe(program, *accept), ", which overrides ", judgement.reason);
  } else {
    judgement.verdict = Verdict::kReject;
  }
  return judgement;
}

// What decided: a reject, else the last override, else nothing.
Judgement JudgeFor(std::span<const ProgramPtr> stages, const Facts& facts,
                   const Spellings& recipient) {
  Judgement decided;
  for (const ProgramPtr& program : stages) {
    if (!program) continue;
    Judgement judgement = JudgeOne(*program, facts, recipient);
    if (!judgement.reason.empty()) decided = std::move(judgement);
    if (decided.verdict == Verdict::kReject) break;
  }
  return decided;
}

}  // namespace

Judgement Judge(std::span<const ProgramPtr> stages, const Facts& facts) {
  Judgement decided;
  for (const Spellings& recipient : facts.recipients) {
    decided = JudgeFor(stages, facts, recipient);
    if (decided.verdict == Verdict::kKeep) break;
  }
  return decided;
}

}  // namespace postern::rules
