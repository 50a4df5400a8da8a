// Personal rules as they are stored (JSON), or as a chat or a form posts them (the bytes choose).
// What was checked once stays as it is, comes back as it was stored, and becomes a script of just
// these rules, whatever their texts are; its program decides the same whether rules are left out or
// all are asked. What is stored may be anything, and is refused then.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/engine/words.h"
#include "services/rules/personal/check_rules.h"
#include "services/rules/personal/complaint.h"
#include "services/rules/personal/personal_rules.h"
#include "services/rules/sieve/compile.h"

namespace {

using namespace postern::rules;

constexpr char kUser[] = "ann@example.org";

void Require(bool condition) {
  if (!condition) std::abort();
}

// Chooses by the bytes, and the first of all choices when there are no more.
class Maker {
 public:
  explicit Maker(absl::string_view bytes) : bytes_(bytes) {}

  v1::PersonalRules Rules() {
    v1::PersonalRules rules;
    rules.set_next_id(static_cast<uint32_t>(Below(9)));
    while (!bytes_.empty() && rules.rules_size() < 12) AddRule(*rules.add_rules());
    return rules;
  }

  std::string Mail() {
    return absl::StrCat("From: \"", Text(), "\" <ann@example.org>\r\nTo: ", Text(),
                        "\r\nSubject: ", Text(), "\r\nList-Id: <", Text(), ">\r\n\r\n", Text());
  }

 private:
  size_t Below(size_t end) {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value % end;
  }
  std::string Text() {
    static constexpr const char* kTexts[] = {"a",
                                             "@b.c",
                                             "ann@example.org",
                                             "Ann <ann@example.org>",
                                             "*a?b*",
                                             "[a-c]+d",
                                             "(",
                                             "\"",
                                             "\\",
                                             "\\\"",
                                             "\n.\n;\ndiscard;",
                                             "text:",
                                             "${1}",
                                             "${hex:22}",
                                             "a\" {} discard; #",
                                             "*/",
                                             "22:00-07:00",
                                             "SA-SU 00:00-24:00",
                                             "2M",
                                             "500K",
                                             "1",
                                             "away",
                                             "dnd",
                                             "full",
                                             "none",
                                             "\\Junk",
                                             "\\Seen",
                                             "07:00",
                                             "MO 08:00",
                                             "xmpp:bob@example.org",
                                             "mailto:bob@example.org",
                                             "https://example.org/",
                                             "bob@example.org",
                                             "contacts",
                                             "vip",
                                             "INBOX",
                                             "Lists/dev",
                                             "\xC3\xA9t\xC3\xA9",
                                             "\xE2\x80\xAE",
                                             "X-Spam",
                                             "r1",
                                             "r2",
                                             " ",
                                             ""};
    const size_t choice = Below(std::size(kTexts) + 8);
    if (choice < std::size(kTexts)) return kTexts[choice];
    const absl::string_view raw = bytes_.substr(0, std::min(bytes_.size(), choice));
    bytes_.remove_prefix(raw.size());
    return postern::mail::RepairUtf8(raw);
  }
  template <size_t N>
  std::string OneOf(const char* const (&choices)[N]) {
    return choices[Below(N)];
  }
  // Most are texts that can stand there.
  std::string ValueFor(v1::PersonalCondition::Subject subject) {
    using C = v1::PersonalCondition;
    if (subject == C::SUBJECT_SIZE) return OneOf({"2M", "500K", "1", "x"});
    if (subject == C::SUBJECT_TIME) return OneOf({"22:00-07:00", "SA-SU 00:00-24:00", "MO 1-2"});
    if (subject == C::SUBJECT_PRESENCE) return OneOf({"away", "DND", "y"});
    return Text();
  }
  v1::PersonalCondition::Operator ComparisonFor(v1::PersonalCondition::Subject subject) {
    using C = v1::PersonalCondition;
    const size_t choice = Below(10);
    if (subject == C::SUBJECT_SIZE) return choice % 2 == 0 ? C::OPERATOR_OVER : C::OPERATOR_UNDER;
    const bool size_only = choice == C::OPERATOR_OVER || choice == C::OPERATOR_UNDER;
    return size_only ? C::OPERATOR_UNSPECIFIED : static_cast<C::Operator>(choice);
  }
  void AddCondition(v1::PersonalCondition& condition) {
    condition.set_subject(static_cast<v1::PersonalCondition::Subject>(1 + Below(12)));
    condition.set_comparison(ComparisonFor(condition.subject()));
    const size_t choice = Below(16);
    condition.set_negated(choice % 2 != 0);
    for (size_t i = 0; i < 1 + choice / 8; ++i) condition.add_values(ValueFor(condition.subject()));
    if (condition.subject() == v1::PersonalCondition::SUBJECT_HEADER) condition.set_header(Text());
  }
  std::string ValueFor(v1::PersonalAction::What what) {
    using A = v1::PersonalAction;
    if (what == A::WHAT_DELIVER) return OneOf({"full", "Digest", "none", "z"});
    if (what == A::WHAT_HOLD) return OneOf({"07:00", "MO 08:00", "2026-12-24T08:00", "x"});
    if (what == A::WHAT_REDIRECT || what == A::WHAT_COPY_TO)
      return OneOf({"bob@example.org", "Bob <\"b \\\" c\"@d.e>", "a@b.c, d@e.f", "x"});
    return Text();
  }
  void AddRule(v1::PersonalRule& rule) {
    const size_t kind = Below(64);
    rule.set_any(kind % 2 != 0);
    rule.set_stop(kind / 2 % 2 != 0);
    rule.set_disabled(kind / 4 % 4 == 3);
    if (kind / 16 == 1) rule.set_name(Text());
    if (kind / 16 == 2) rule.set_account(Text());
    if (kind / 16 == 3) rule.set_id(absl::StrCat("r", 1 + Below(9)));
    for (size_t i = Below(4); i > 0; --i) AddCondition(*rule.add_conditions());
    for (size_t i = 1 + Below(3); i > 0; --i) {
      v1::PersonalAction& action = *rule.add_actions();
      action.set_what(static_cast<v1::PersonalAction::What>(1 + Below(12)));
      action.set_value(ValueFor(action.what()));
    }
  }

  absl::string_view bytes_;
};

std::string Told(const Evaluation& evaluation) {
  std::string told;
  for (const Action& action : evaluation.actions)
    absl::StrAppend(&told, InWords(action.kind), "\n");
  return absl::StrCat(told, evaluation.error ? evaluation.error->message : "");
}

// Nothing that a user wrote has become a command.
void CheckScript(const v1::PersonalRules& rules, const std::string& script) {
  const sieve::Parsed parsed = sieve::Parse(script, {});
  for (const Problem& problem : parsed.problems) Require(problem.warning);
  const auto in_force = std::count_if(rules.rules().begin(), rules.rules().end(),
                                      [](const auto& rule) { return !rule.disabled(); });
  std::ptrdiff_t found = 0;
  for (const sieve::Command& command : parsed.script.commands) {
    const bool first = &command == &parsed.script.commands.front();
    Require(command.name == "if" || (first && command.name == "require"));
    if (command.name == "if") ++found;
  }
  Require(found == in_force);
}

void Judge(const Compiled& compiled, absl::string_view mail) {
  const PreparedProgram program(compiled.program);
  Facts facts;
  facts.owner = kUser;
  facts.account = "home";
  facts.own_addresses = facts.recipients = {kUser};
  facts.now = facts.received = absl::FromUnixSeconds(1'767'610'800);
  facts.zone = absl::UTCTimeZone();
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  limits.steps = 1'000'000;
  MessageView view(mail);
  const Evaluation relevant = Evaluate(program, view, facts, limits);
  Require(!relevant.actions.empty());
  Require(!relevant.error || relevant.kept);
  limits.trace = true;
  Require(Told(relevant) == Told(Evaluate(program, view, facts, limits)));
}

void CheckPosted(v1::PersonalRules rules, absl::string_view mail) {
  if (!personal::CheckRules(rules, kUser).ok()) return;
  v1::PersonalRules again = rules;
  Require(personal::CheckRules(again, kUser).ok());
  Require(again.SerializeAsString() == rules.SerializeAsString());
  const std::string stored = personal::WriteStored(rules);
  const auto back = personal::ReadStored(stored);
  Require(back.ok() && back->SerializeAsString() == rules.SerializeAsString());
  const std::string script = personal::SieveOf(rules);
  if (script.size() > personal::kMaxScriptBytes) return;
  CheckScript(rules, script);
  const Compiled compiled = personal::Compile(stored);
  bool failed = false;
  for (const Problem& problem : compiled.problems) failed = failed || !problem.warning;
  Require(failed == (compiled.program == nullptr));
  if (compiled.program != nullptr) Judge(compiled, mail);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (!input.empty() && input[0] == '{') {
    (void)personal::Compile(input);
    const auto rules = personal::ReadStored(input);
    if (rules.ok()) CheckPosted(*rules, input);
    return 0;
  }
  Maker maker(input);
  const std::string mail = maker.Mail();
  CheckPosted(maker.Rules(), mail);
  return 0;
}
