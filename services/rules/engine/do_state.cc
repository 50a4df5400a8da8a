#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/do.h"
#include "services/rules/engine/flag_list.h"
#include "services/rules/engine/matcher.h"
#include "services/rules/engine/modifier.h"
#include "services/rules/engine/pattern_cost.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxFieldName = 100;
constexpr size_t kMaxTextChanges = 16;  // of a user's rules: a mail is taken apart for each of them
constexpr size_t kMaxReplaced = 16 << 20;  // what a field's value may become at the worst, bytes

void SetSlot(uint32_t slot, absl::string_view value, Run& run) {
  if (slot >= run.variables.size()) return;
  run.variables[slot] = std::string(mail::CutUtf8(value, run.limits.variable_bytes));
}

// RFC 5322 section 3.6.8.
bool IsFieldName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxFieldName &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

// RFC 5293 section 5: what tells a loop, and an automatic answer, stays.
bool IsProtected(absl::string_view name) {
  return absl::EqualsIgnoreCase(name, "Received") || absl::EqualsIgnoreCase(name, "Auto-Submitted");
}

// The name, when there may be one more edit of such a field.
std::optional<std::string> EditedName(const Text& text, Run& run) {
  const std::string name = Expand(text, run);
  if (!IsFieldName(name)) {
    run.Fail(absl::StrCat("the header field name \"", Shorten(mail::CleanLine(name), 60),
                          "\" is invalid"));
    return std::nullopt;
  }
  if (run.out.edits.size() >= Run::kMaxEdits) {
    run.Fail(absl::StrCat("more than ", Run::kMaxEdits, " changes to the mail"));
    return std::nullopt;
  }
  return name;
}

bool IsMeant(const DeleteHeader& statement, size_t occurrence, size_t count) {
  if (statement.index.number <= 0) return true;
  const auto number = static_cast<size_t>(statement.index.number);
  return statement.index.from_last ? occurrence + number == count : occurrence + 1 == number;
}

size_t CountTextChanges(const Run& run) {
  return std::count_if(run.out.edits.begin(), run.out.edits.end(), [](const Edit& edit) {
    const auto* body = std::get_if<BodyEdit>(&edit);
    return body != nullptr && body->change != BodyChange::kReplaceHeader;
  });
}

// Whether there is enough left to look for all matches, each of which may look on to the end of the
// text: "a(.*b)?".
bool MayReplace(const RE2& pattern, absl::string_view text, Run& run) {
  const re2::StringPiece all(text.data(), text.size());
  re2::StringPiece match;
  for (size_t at = 0; at <= text.size();) {
    if (!run.budget.Spend(text.size() - at + 1)) return false;
    if (!pattern.Match(all, at, all.size(), RE2::UNANCHORED, &match, 1)) break;
    const size_t end = static_cast<size_t>(match.data() - all.data()) + match.size();
    at = match.empty() ? end + 1 : end;
  }
  return true;
}

// What comes after sees the field as it is then. All of that name are written anew, in their order.
void ReplaceInView(const ChangeBody& statement, const std::string& with, Run& run) {
  if (!statement.pattern || !IsFieldName(statement.header)) return;
  std::vector<std::string> values;
  bool changed = false;
  for (const MessageView::Field* field : run.message.Fields(statement.header)) {
    values.emplace_back(field->decoded());
    const size_t cost = PatternCost(*statement.pattern, values.back().size());
    if (!run.budget.Spend(values.back().size() + cost)) return;
    // A short rule makes gigabytes of some values; nor does the mail get that (fetcher/effects).
    if ((values.back().size() + 1) * with.size() > kMaxReplaced) continue;
    if (!MayReplace(*statement.pattern, values.back(), run)) return;
    changed = RE2::GlobalReplace(&values.back(), *statement.pattern, with) > 0 || changed;
  }
  if (!changed) return;
  for (size_t i = values.size(); i-- > 0;) run.message.DeleteField(statement.header, i);
  for (const std::string& value : values)
    run.message.AddField(statement.header, mail::CleanLine(value), /*last=*/true);
}

}  // namespace

void DoSet(const SetVariable& statement, Run& run) {
  SetSlot(statement.slot, Modified(Expand(statement.value, run), statement.modifiers), run);
}

void DoFlags(const ChangeFlags& statement, Run& run) {
  const std::vector<std::string> by = ReadFlags(ExpandAll(statement.flags, run));
  if (!statement.variable) {
    ChangeFlagList(statement.change, by, run.flags);
    // The keep at the end has them, whoever set them.
    const char* const verb = statement.change == FlagChange::kSet ? "setflag" : "addflag";
    if (statement.change != FlagChange::kRemove && !by.empty())
      run.Say(absl::StrCat(verb, " \"", absl::StrJoin(by, " "), "\""), /*action=*/true);
    return;
  }
  if (*statement.variable >= run.variables.size()) return;
  std::vector<std::string> flags = ReadFlags({run.variables[*statement.variable]});
  ChangeFlagList(statement.change, by, flags);
  SetSlot(*statement.variable, absl::StrJoin(flags, " "), run);
}

void DoAddHeader(const AddHeader& statement, Run& run) {
  const std::optional<std::string> name = EditedName(statement.name, run);
  if (!name) return;
  HeaderEdit edit;
  edit.add = true;
  edit.last = statement.last;
  edit.name = *name;
  edit.value = mail::CleanLine(mail::Unfold(Expand(statement.value, run)));
  run.message.AddField(edit.name, edit.value, edit.last);
  run.Say(absl::StrCat("addheader \"", edit.name, "\""), /*action=*/true);
  run.out.edits.emplace_back(std::move(edit));
}

void DoDeleteHeader(const DeleteHeader& statement, Run& run) {
  const std::optional<std::string> name = EditedName(statement.name, run);
  if (!name) return;
  if (IsProtected(*name)) {
    run.Say(absl::StrCat("deleteheader \"", *name, "\" left out: this field is never deleted"),
            /*action=*/true);
    return;
  }
  const auto fields = run.message.Fields(*name);
  std::vector<HeaderEdit> deleted;
  for (size_t i = fields.size(); i-- > 0;) {  // from the last: numbers before it stay right
    if (!IsMeant(statement, i, fields.size())) continue;
    Matcher matcher(statement.match, statement.keys, run, /*sets_values=*/false);
    if (!statement.keys.texts.empty() && !matcher.Takes(fields[i]->decoded()) && !matcher.AtEnd())
      continue;
    HeaderEdit edit;
    edit.name = *name;
    edit.value = fields[i]->raw;
    edit.occurrence = static_cast<uint32_t>(i);
    deleted.push_back(std::move(edit));
  }
  for (HeaderEdit& edit : deleted) {
    if (run.out.edits.size() >= Run::kMaxEdits) break;
    run.message.DeleteField(edit.name, edit.occurrence);
    run.Say(absl::StrCat("deleteheader \"", edit.name, "\""), /*action=*/true);
    run.out.edits.emplace_back(std::move(edit));
  }
}

void DoChangeBody(const ChangeBody& statement, Run& run) {
  constexpr const char* kChanges[] = {"a text appended", "a text replaced",
                                      "a header field replaced", "attachments stripped",
                                      "the signature stripped"};
  const bool of_header = statement.change == BodyChange::kReplaceHeader;
  if (run.out.edits.size() >= Run::kMaxEdits) {
    run.Fail(absl::StrCat("more than ", Run::kMaxEdits, " changes to the mail"));
    return;
  }
  if (!of_header && !run.operator_rule && CountTextChanges(run) >= kMaxTextChanges) {
    run.Fail(absl::StrCat("more than ", kMaxTextChanges, " changes to the text of the mail"));
    return;
  }
  const bool replaces = statement.change == BodyChange::kReplaceText ||
                        statement.change == BodyChange::kReplaceHeader;
  BodyEdit edit;
  edit.change = statement.change;
  edit.text = replaces ? ExpandReplacement(statement.text, run) : Expand(statement.text, run);
  edit.header = statement.header;
  if (statement.pattern) {
    const bool any_case = !statement.pattern->options().case_sensitive();
    edit.pattern = absl::StrCat(any_case ? "(?i)" : "", statement.pattern->pattern());
  }
  run.Say(kChanges[static_cast<size_t>(statement.change)], /*action=*/true);
  if (statement.change == BodyChange::kReplaceHeader) ReplaceInView(statement, edit.text, run);
  run.out.edits.emplace_back(std::move(edit));
}

void DoExtractText(const ExtractText& statement, Run& run) {
  const auto& parts = run.message.Parts();
  absl::string_view text;
  if (run.part() < parts.size() && parts[run.part()].type == "text")
    text = run.message.Readable(run.part());
  if (statement.first > 0) {
    size_t end = 0;
    for (uint64_t i = 0; i < statement.first && end < text.size(); ++i)
      end += CodePointLength(text.substr(end));
    text = text.substr(0, end);
  }
  text = mail::CutUtf8(text, run.limits.variable_bytes);
  SetSlot(statement.slot, Modified(std::string(text), statement.modifiers), run);
}

}  // namespace postern::rules
