#include "services/posternctl/rule_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "lib/schedule/wall_clock.h"
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

absl::StatusOr<CheckedFile> CheckSchedule(const RuleFile& file, const RuleCheck& check) {
  auto parsed = ScheduleOf(file, check);
  if (!parsed.ok()) return parsed.status();
  CheckedFile checked;
  checked.entries = static_cast<uint32_t>(parsed->sections.size());
  for (const schedule::Warning& warning : parsed->warnings) {
    checked.warnings.push_back(absl::StrCat(file.name, ":", ToString(warning)));
  }
  return checked;
}

absl::StatusOr<CheckedFile> CheckPasswords(const RuleFile& file, const RuleCheck& check) {
  const crypto::Secret text = Utf8Of(file);
  const auto table = sender::AliasTable::Parse(text.Reveal(), check.local_domains);
  if (!table.ok()) return sender::InFile(file.name, table.status());
  CheckedFile checked;
  checked.entries = static_cast<uint32_t>(table->users() + table->aliases());
  for (const std::string& warning : table->warnings()) {
    checked.warnings.push_back(absl::StrCat(file.name, ":", warning));
  }
  return checked;
}

}  // namespace

absl::StatusOr<schedule::Schedule> ScheduleOf(const RuleFile& file, const RuleCheck& check) {
  const auto zone = schedule::FindZone(check.time_zone);
  if (!zone.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--time-zone: ", zone.status().message()));
  }
  const crypto::Secret text = Utf8Of(file);
  const auto syntax = check.strict ? schedule::Syntax::kStrict : schedule::Syntax::kExtended;
  auto parsed = schedule::ParseSchedule(text.Reveal(), syntax, *zone);
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(absl::StrCat(file.name, ":", parsed.status().message()));
}

absl::StatusOr<CheckedFile> CheckRuleFile(const RuleFile& file, const RuleCheck& check) {
  if (file.kind.Is(FileKind::kScheduler)) {
    return CheckSchedule(file, check);
  }
  if (file.kind.Is(FileKind::kPasswords)) {
    return CheckPasswords(file, check);
  }
  CheckedFile checked;
  rules::Compiled compiled = CompileRuleFile(file);
  if (absl::Status s = SplitProblems(compiled.problems, checked.warnings); !s.ok()) return s;
  checked.entries = CountEntries(file, compiled);
  checked.program = std::move(compiled.program);
  return checked;
}

}  // namespace postern::posternctl
