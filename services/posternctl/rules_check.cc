// `posternctl rules check`: any file of rules, without a server.

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/posternctl/diagnostic.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rule_check.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"
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

std::string Count(uint32_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// "12 actions, 1 test": a script is no list of rules.
std::string CountWords(const RuleFile& file, const CheckedFile& checked) {
  if (file.kind.sieve) {
    return absl::StrCat(Count(checked.actions, "action", "actions"), ", ",
                        Count(checked.tests, "test", "tests"));
  }
  if (file.kind.Is(FileKind::kFinger)) return Count(checked.entries, "text", "texts");
  if (checked.program) return CountRules(checked.entries);
  return Count(checked.entries, "entry", "entries");
}

using Diagnostics = std::vector<Diagnostic>;

// In the order of the file. `lines` that name no place are of the file as a whole.
void AddDiagnostics(const RuleFile& file, const std::vector<std::string>& lines,
                    const char* severity, Diagnostics& told) {
  for (const std::string& line : lines) {
    auto read = ReadDiagnostic(line, severity, file.name, file.path);
    told.push_back(read ? *std::move(read) : Diagnostic{file.path, 1, 1, severity, line});
  }
}

Diagnostics DiagnosticsOf(const RuleFile& file, const CheckedFile& checked) {
  Diagnostics told;
  AddDiagnostics(file, checked.errors, "error", told);
  AddDiagnostics(file, checked.warnings, "warning", told);
  std::stable_sort(told.begin(), told.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    // Those of included scripts come last.
    return std::tuple(a.file != file.path, a.file, a.line, a.column) <
           std::tuple(b.file != file.path, b.file, b.line, b.column);
  });
  return told;
}

google::protobuf::Value JsonOf(const Diagnostic& one) {
  google::protobuf::Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["file"].set_string_value(one.file);
  fields["line"].set_number_value(one.line);
  fields["column"].set_number_value(one.column);
  fields["severity"].set_string_value(one.severity);
  fields["text"].set_string_value(one.text);
  return value;
}

absl::Status PrintJson(Session& session, const RuleFile& file, const CheckedFile& checked,
                       const Diagnostics& told) {
  google::protobuf::Struct json;
  auto& fields = *json.mutable_fields();
  fields["kind"].set_string_value(Words(file.kind));
  if (file.kind.sieve) {
    fields["actions"].set_number_value(checked.actions);
    fields["tests"].set_number_value(checked.tests);
  } else {
    fields["entries"].set_number_value(checked.entries);
  }
  if (checked.program) fields["program_hash"].set_string_value(checked.program->origin.hash);
  auto& problems = *fields["problems"].mutable_list_value();
  for (const Diagnostic& one : told) *problems.add_values() = JsonOf(one);
  return session.PrintJson(json);
}

absl::Status Refused(const Diagnostics& told) {
  const auto line = [](std::string* out, const Diagnostic& one) { *out += ToString(one); };
  return absl::InvalidArgumentError(absl::StrJoin(told, "\n", line));
}

absl::Status Check(Session& session, Question question) {
  if (!question.reject.empty()) question.file.jsmail = {"reject", question.reject};
  auto file = ReadRuleFile(question.file);
  if (!file.ok()) return file.status();
  const bool times = !question.from.empty();
  if (times && !file->kind.Is(FileKind::kScheduler))
    return absl::InvalidArgumentError("--from and --to are for scheduler files");
  const auto checked = LookThrough(*file, question.check);
  if (!checked.ok()) return checked.status();
  const Diagnostics told = DiagnosticsOf(*file, *checked);
  const bool wrong = !checked->errors.empty();
  if (times && !wrong) return PrintFirings(session, *file, question);
  if (session.json) {
    if (absl::Status s = PrintJson(session, *file, *checked, told); !s.ok()) return s;
    return wrong ? Refused(told) : absl::OkStatus();
  }
  if (wrong) return Refused(told);
  if (question.code && checked->program) session.out() << rules::Listing(*checked->program);
  for (const Diagnostic& one : told) PrintLine(session.out(), ToString(one));
  PrintLine(session.out(), absl::StrCat("as ", KindWords(file->kind), ": ",
                                        CountWords(*file, *checked), ", no errors."));
  return absl::OkStatus();
}

std::string CheckUsage(const Question& question, size_t times) {
  if (const std::string wrong = CheckFileOptions(question.file); !wrong.empty()) return wrong;
  const bool file = !question.file.path.empty() || !question.file.jsmail.empty();
  if (!file && question.reject.empty()) return "name a file: FILE or --jsmail KIND FILE";
  return times == 1 ? "--from and --to belong together" : "";
}

}  // namespace

void AddRulesCheck(Nouns& nouns, CLI::App& rules) {
  auto question = std::make_shared<Question>();
  CLI::App& check = nouns.AddVerb(
      rules, "check", "Look through a file of rules, without a server",
      "Prints errors and warnings as FILE:LINE:COLUMN: error: REASON (or warning:), as editors\n"
      "take them; exits with 1 when there is an error. What a file is written in is found out by\n"
      "its name, else by what stands in it; the last line says what it was taken for, and what "
      "was\n"
      "counted. A Sieve script is looked at as a user's unless --scope says or its commands show\n"
      "that it is an operator's: what is more than its limits with every mail is warned of.\n"
      "Of a scheduler file, --from and --to print each time in between as JSON, in the zone of\n"
      "--time-zone; it is named when a section has another.\n\n"
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
  check.add_flag("--strict", question->file.strict,
                 "of a scheduler, allow-deny or POP3 file: take only what JSMail itself took");
  AddFileScopeOption(check, question->file.scope);
  check
      .add_option("--programs-file", question->check.programs_file,
                  "the runner's list: warn of programs that it has not")
      ->option_text("FILE");
  check.add_option("--local-domain", question->check.local_domains, "of a password file: ours")
      ->option_text("DOMAIN ...");
  check.add_flag("--code", question->code, "show what the rules were compiled to");
  check.parse_complete_callback([question, &check] {
    const std::string wrong = CheckUsage(*question, check.count("--from") + check.count("--to"));
    if (!wrong.empty()) throw CLI::ValidationError(wrong);
  });
}

}  // namespace postern::posternctl
