#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/ask.h"
#include "services/rules/engine/date_part.h"
#include "services/rules/engine/matcher.h"

// Tests of what a mail holds, and of dates.
namespace postern::rules {
namespace {

// Of the budget, bytes: a test may name thousands of types, and be asked of thousands of parts.
constexpr size_t kTypeCompared = 16, kPartPassed = 64;

// RFC 5173 section 5.2: "" any part, "text" all of a type, "text/html" one.
bool IsOfType(const MessageView::Part& part, const std::vector<std::string>& types) {
  return std::any_of(types.begin(), types.end(), [&](const std::string& type) {
    if (type.empty()) return true;
    const size_t slash = type.find('/');
    if (slash != type.rfind('/')) return false;
    if (slash == std::string::npos) return absl::EqualsIgnoreCase(part.type, type);
    if (slash == 0 || slash + 1 == type.size()) return false;
    return absl::EqualsIgnoreCase(absl::StrCat(part.type, "/", part.subtype), type);
  });
}

bool TakesContent(const BodyTest& test, Matcher& matcher, Run& run) {
  const std::vector<std::string> types = ExpandAll(test.content_types, run);
  const auto& parts = run.message.Parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!run.budget.Spend(kPartPassed + types.size() * kTypeCompared)) return false;
    if (!IsOfType(parts[i], types)) continue;
    if (parts[i].multipart) {
      for (const std::string& text : run.message.AroundParts(i)) {
        if (matcher.Takes(text)) return true;
      }
      continue;
    }
    if (matcher.Takes(run.message.Content(i))) return true;
  }
  return false;
}

// Who wonders why a rule did not see something is told.
void TellWhatWasNotLookedAt(Run& run) {
  const bool too_long = run.message.RawBody().size() > MessageView::kMaxBodyBytes;
  if (run.told_cut || (!too_long && !run.message.is_cut())) return;
  run.told_cut = true;
  run.Say("body: the mail is large, only its beginning was looked at", /*action=*/false);
}

}  // namespace

bool AskBody(const BodyTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run, /*sets_values=*/false);
  if (!run.message.HasBody()) return matcher.AtEnd();
  TellWhatWasNotLookedAt(run);
  switch (test.transform) {
    case BodyTransform::kRaw:
      if (matcher.Takes(run.message.RawLines())) return true;
      break;
    case BodyTransform::kContent:
      if (TakesContent(test, matcher, run)) return true;
      break;
    case BodyTransform::kText:
      if (matcher.Takes(run.message.Text())) return true;
      break;
  }
  return matcher.AtEnd();
}

bool AskDate(const DateTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  const std::string part = absl::AsciiStrToLower(Expand(test.part, run));
  absl::TimeZone zone = run.facts.zone;
  if (test.zone) zone = ReadOffset(Expand(*test.zone, run)).value_or(zone);
  if (!test.header) {
    const auto value = DatePart(part, run.facts.now, zone);
    return (value && matcher.Takes(*value)) || matcher.AtEnd();
  }
  // RFC 5260 section 4: the first of several, unless another one is asked for.
  const Index index = test.index.number > 0 ? test.index : Index{1, false};
  for (const MessageView::Field* field : FieldsFor({Expand(*test.header, run)}, index, run)) {
    const std::optional<FieldDate> date = ReadFieldDate(field->raw);
    if (!date) continue;
    const auto value = DatePart(part, date->time, test.original_zone ? date->zone : zone);
    if (value && matcher.Takes(*value)) return true;
  }
  return matcher.AtEnd();
}

bool AskAttachment(const AttachmentTest& test, Run& run) {
  std::optional<Wildcard> name;
  if (test.name) name.emplace(Expand(*test.name, run), Collation::kAsciiCasemap);
  const auto& parts = run.message.Parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!run.budget.Spend(kPartPassed)) return false;
    const bool attached = parts[i].disposition == "attachment" || !parts[i].file_name.empty();
    if (!attached || parts[i].multipart) continue;
    if (!name || name->Matches(parts[i].file_name, run.budget, nullptr)) {
      run.matched = parts[i].file_name;
      return true;
    }
  }
  return false;
}

}  // namespace postern::rules
