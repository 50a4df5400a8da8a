#include "services/posternctl/rule_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "lib/schedule/wall_clock.h"
#include "services/posternctl/text_file.h"
#include "services/rules/ir/programs_run.h"
#include "services/runner/program_list.h"
#include "services/sender/aliases/alias_table.h"
#include "services/sender/operator_file.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;

// The parsers of schedules and aliases take UTF-8.
crypto::Secret Utf8Of(const RuleFile& file) {
  const std::string& text = file.text.Reveal();
  if (mail::IsUtf8(text)) return file.text;
  std::string utf8 = mail::ToUtf8(text, "windows-1252");
  crypto::Secret secret(utf8);
  crypto::Wipe(utf8);
  return secret;
}

absl::StatusOr<schedule::Schedule> ParsedSchedule(const RuleFile& file, absl::TimeZone zone) {
  const crypto::Secret text = Utf8Of(file);
  const auto syntax = file.strict ? schedule::Syntax::kStrict : schedule::Syntax::kExtended;
  return schedule::ParseSchedule(text.Reveal(), syntax, zone);
}

// A line each.
void AddErrors(const RuleFile& file, const absl::Status& status, std::vector<std::string>& errors) {
  const absl::Status told = sender::InFile(file.name, status);
  for (const absl::string_view line : absl::StrSplit(told.message(), '\n'))
    errors.emplace_back(line);
}

void CheckSchedule(const RuleFile& file, absl::TimeZone zone, CheckedFile& checked) {
  auto parsed = ParsedSchedule(file, zone);
  if (!parsed.ok()) return AddErrors(file, parsed.status(), checked.errors);
  checked.entries = static_cast<uint32_t>(parsed->sections.size());
  for (const schedule::Warning& warning : parsed->warnings) {
    checked.warnings.push_back(absl::StrCat(file.name, ":", ToString(warning)));
  }
}

void CheckPasswords(const RuleFile& file, const RuleCheck& check, CheckedFile& checked) {
  const crypto::Secret text = Utf8Of(file);
  const auto table = sender::AliasTable::Parse(text.Reveal(), check.local_domains);
  if (!table.ok()) return AddErrors(file, table.status(), checked.errors);
  checked.entries = static_cast<uint32_t>(table->users() + table->aliases());
  for (const std::string& warning : table->warnings()) {
    checked.warnings.push_back(absl::StrCat(file.name, ":", warning));
  }
}

// What a script does and asks, those that it includes along with it.
void CountCommands(const rules::Program& program, CheckedFile& checked) {
  for (const rules::Instruction& instruction : program.code) {
    checked.actions += instruction.op == rules::Op::kDo;
    checked.tests += instruction.op == rules::Op::kTest;
  }
}

absl::StatusOr<rules::ListedPrograms> ReadPrograms(const std::string& path) {
  const auto text = ReadTextFile(path, runner::kMaxListBytes);
  if (!text.ok()) return text.status();
  const auto programs = runner::ParseProgramList(*text);
  if (!programs.ok()) return sender::InFile(path, programs.status());
  rules::ListedPrograms listed;
  for (const runner::ListedProgram& program : *programs) listed.emplace(program.id, "");
  return listed;
}

absl::Status CheckRules(const RuleFile& file, const RuleCheck& check, CheckedFile& checked) {
  rules::Compiled compiled = CompileRuleFile(file);
  if (compiled.program && !check.programs_file.empty()) {
    const auto listed = ReadPrograms(check.programs_file);
    if (!listed.ok()) return listed.status();
    for (rules::Problem& problem : UnlistedPrograms(*compiled.program, *listed))
      compiled.problems.push_back(std::move(problem));
  }
  for (const rules::Problem& problem : compiled.problems)
    (problem.warning ? checked.warnings : checked.errors).push_back(LineOf(problem));
  if (!checked.errors.empty()) return absl::OkStatus();
  checked.entries = CountEntries(file, compiled);
  if (file.kind.sieve && compiled.program) CountCommands(*compiled.program, checked);
  checked.program = std::move(compiled.program);
  return absl::OkStatus();
}

absl::StatusOr<absl::TimeZone> ZoneOf(const RuleCheck& check) {
  const auto zone = schedule::FindZone(check.time_zone);
  if (zone.ok()) return zone;
  return absl::InvalidArgumentError(absl::StrCat("--time-zone: ", zone.status().message()));
}

}  // namespace

absl::StatusOr<schedule::Schedule> ScheduleOf(const RuleFile& file, const RuleCheck& check) {
  const auto zone = ZoneOf(check);
  if (!zone.ok()) return zone.status();
  auto parsed = ParsedSchedule(file, *zone);
  if (parsed.ok()) return parsed;
  return sender::InFile(file.name, parsed.status());
}

absl::StatusOr<CheckedFile> LookThrough(const RuleFile& file, const RuleCheck& check) {
  CheckedFile checked;
  if (file.kind.Is(FileKind::kScheduler)) {
    const auto zone = ZoneOf(check);
    if (!zone.ok()) return zone.status();
    CheckSchedule(file, *zone, checked);
  } else if (file.kind.Is(FileKind::kPasswords)) {
    CheckPasswords(file, check, checked);
  } else if (absl::Status s = CheckRules(file, check, checked); !s.ok()) {
    return s;
  }
  return checked;
}

absl::StatusOr<CheckedFile> CheckRuleFile(const RuleFile& file, const RuleCheck& check) {
  auto checked = LookThrough(file, check);
  if (!checked.ok() || checked->errors.empty()) return checked;
  return absl::InvalidArgumentError(absl::StrJoin(checked->errors, "\n"));
}

}  // namespace postern::posternctl
