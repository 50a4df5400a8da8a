// `posternctl rules check`: any file of rules, without a server.

#include <google/protobuf/struct.pb.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rule_check.h"
#include "services/posternctl/rules_verbs.h"
#include "services/rules/ir/program.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;

constexpr size_t kMaxFirings = 200'000;

struct Question {
  RuleFileOptions file;
  std::string reject;    // `rules check jsmail --reject FILE`, as it was once said
  std::string from, to;  // of a scheduler file
  RuleCheck check;
  bool code = false;
};

absl::StatusOr<absl::Time> ReadDay(const char* option, const std::string& text,
                                   absl::TimeZone zone) {
  absl::CivilSecond second;
  absl::CivilMinute minute;
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) return absl::FromCivil(day, zone);
  if (absl::ParseCivilTime(text, &minute)) return absl::FromCivil(minute, zone);
  if (absl::ParseCivilTime(text, &second)) return absl::FromCivil(second, zone);
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": must be like 2026-01-05 or 2026-01-05T12:00"));
}

// Each minute from the first day to before the last in which any section runs.
absl::Status PrintFirings(Session& session, const RuleFile& file, const Question& question) {
  auto parsed = ScheduleOf(file, question.check);
  if (!parsed.ok()) return parsed.status();
  const absl::TimeZone zone = *schedule::FindZone(question.check.time_zone);
  const auto from = ReadDay("--from", question.from, zone);
  if (!from.ok()) return from.status();
  const auto to = ReadDay("--to", question.to, zone);
  if (!to.ok()) return to.status();
  if (*to <= *from) return absl::InvalidArgumentError("--to: must be later than --from");
  std::set<absl::Time> firings;
  for (const auto traffic : {schedule::Traffic::kSend, schedule::Traffic::kFetch}) {
    absl::Time after = *from - absl::Nanoseconds(1);
    for (auto run = NextRun(*parsed, traffic, after); run && *run < *to;
         run = NextRun(*parsed, traffic, *run)) {
      firings.insert(*run);
      if (firings.size() > kMaxFirings) {
        return absl::InvalidArgumentError(
            absl::StrCat("more than ", kMaxFirings, " times; choose days that are closer"));
      }
    }
  }
  const auto elsewhere = [zone](const schedule::Section& section) { return section.zone != zone; };
  google::protobuf::Struct told;
  if (zone != absl::UTCTimeZone() || absl::c_any_of(parsed->sections, elsewhere))
    (*told.mutable_fields())["time_zone"].set_string_value(zone.name());
  auto& list = *(*told.mutable_fields())["firings"].mutable_list_value();
  for (const absl::Time run : firings) {
    list.add_values()->set_string_value(absl::FormatTime("%Y-%m-%dT%H:%M", run, zone));
  }
  return session.PrintJson(told);
}

// What the file was taken for, above all where nobody said.
std::string KindWords(const RuleKind& kind) {
  if (kind.sieve) return "a Sieve script";
  if (kind.filter) return "a content filter";
  return absl::StrCat("JSMail's ", crypto::NameOfKind(kind.jsmail), " file");
}

std::string EntriesWords(const RuleFile& file, uint32_t count) {
  const bool rules = LanguageOf(file.kind) != rules::v1::RULE_LANGUAGE_UNSPECIFIED;
  if (rules) return CountRules(count);
  return absl::StrCat(count, count == 1 ? " entry" : " entries");
}

absl::Status Check(Session& session, Question question) {
  if (!question.reject.empty()) question.file.jsmail = {"reject", question.reject};
  auto file = ReadRuleFile(question.file);
  if (!file.ok()) return file.status();
  const bool schedule = file->kind.Is(FileKind::kScheduler);
  if (!question.from.empty()) {
    if (schedule) return PrintFirings(session, *file, question);
    return absl::InvalidArgumentError("--from and --to are for scheduler files");
  }
  const auto checked = CheckRuleFile(*file, question.check);
  if (!checked.ok()) return checked.status();
  if (question.code && checked->program) session.out() << rules::Listing(*checked->program);
  rules::v1::ImportRulesResponse told;
  told.set_rules(checked->entries);
  told.mutable_warnings()->Assign(checked->warnings.begin(), checked->warnings.end());
  if (checked->program) told.set_program_hash(checked->program->origin.hash);
  return PrintImported(session, told,
                       absl::StrCat("as ", KindWords(file->kind), ": ",
                                    EntriesWords(*file, checked->entries), ", no errors."));
}

std::string CheckUsage(const Question& question, size_t times) {
  if (const std::string wrong = CheckKinds(question.file); !wrong.empty()) return wrong;
  const bool file = !question.file.path.empty() || !question.file.jsmail.empty();
  if (!file && question.reject.empty()) return "name a file: FILE or --jsmail KIND FILE";
  return times == 1 ? "--from and --to belong together" : "";
}

}  // namespace

void AddRulesCheck(Nouns& nouns, CLI::App& rules) {
  auto question = std::make_shared<Question>();
  CLI::App& check = nouns.AddVerb(
      rules, "check", "Look through a file of rules, without a server",
      "Prints warnings and errors as FILE:LINE:COLUMN: REASON; exits with 1 when there is an\n"
      "error. What a file is written in is found out by its name, else by what stands in it; the\n"
      "last line says what it was taken for. Of a scheduler file, --from and --to print each time\n"
      "in between as JSON, in the zone of --time-zone; it is named when a section has another.\n\n"
      "Examples:\n  posternctl rules check ann.sieve\n"
      "  posternctl rules check cfrules.dat\n"
      "  posternctl rules check --jsmail reject /etc/jsmail/reject.lst\n"
      "  posternctl rules check --jsmail scheduler s.txt --from 2026-01-05 --to 2026-01-12\n",
      [question](Session& session) { return Check(session, *question); });
  check.add_option("FILE", question->file.path, "the file");
  check.add_option("--jsmail", question->file.jsmail, "a file of JSMail, and what it is")
      ->expected(2)
      ->option_text("KIND FILE");
  check.add_option("--reject", question->reject, "JSMail's reject file")->option_text("FILE");
  AddRuleFileOptions(check, question->file);
  check.add_option("--from", question->from, "of a scheduler file: the first day")
      ->option_text("DAY");
  check.add_option("--to", question->to, "... and the one after the last")->option_text("DAY");
  check.add_option("--time-zone", question->check.time_zone, "... of sections that name none")
      ->option_text("ZONE [UTC]");
  check.add_flag("--strict", question->check.strict, "... take only what JSMail itself took");
  check.add_option("--local-domain", question->check.local_domains, "of a password file: ours")
      ->option_text("DOMAIN ...");
  check.add_flag("--code", question->code, "show what the rules were compiled to");
  check.parse_complete_callback([question, &check] {
    const std::string wrong = CheckUsage(*question, check.count("--from") + check.count("--to"));
    if (!wrong.empty()) throw CLI::ValidationError(wrong);
  });
}

}  // namespace postern::posternctl
