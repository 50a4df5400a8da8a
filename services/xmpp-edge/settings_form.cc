#include "services/xmpp-edge/settings_form.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/texts/registration.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

size_t SizeOf(const std::vector<std::string>& lines) {
  size_t size = 0;
  for (const std::string& line : lines) size += line.size() + 1;
  return size;
}

std::string LabelOf(const DataForm& form, absl::string_view var) {
  for (const FormField& field : form.fields) {
    if (field.var == var) return field.label;
  }
  return "";
}

// The line in "3:4" or "3"; empty when it is neither.
std::string LineIn(absl::string_view place) {
  const std::vector<std::string> numbers = absl::StrSplit(place, ':');
  size_t number = 0;
  if (numbers.size() > 2) return "";
  for (const std::string& one : numbers) {
    if (!absl::SimpleAtoi(one, &number)) return "";
  }
  return numbers.front();
}

}  // namespace

FormField TextField(absl::string_view var, std::string label, std::string value) {
  FormField field;
  field.var = std::string(var);
  field.type = "text-single";
  field.label = std::move(label);
  field.value = std::move(value);
  return field;
}

FormField LinesField(absl::string_view var, std::string label, std::vector<std::string> lines) {
  FormField field = TextField(var, std::move(label), "");
  field.type = "text-multi";
  field.values = std::move(lines);
  return field;
}

std::vector<std::string> LinesOf(absl::string_view text) {
  if (text.empty()) return {};
  const std::string unix_lines = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  return absl::StrSplit(absl::StripTrailingAsciiWhitespace(unix_lines), '\n');
}

void FillInAll(const FieldValues& submitted, size_t most_kept, DataForm& form) {
  size_t room = most_kept;
  for (FormField& field : form.fields) {
    const auto found = submitted.find(field.var);
    if (found == submitted.end() || SizeOf(found->second) > room) continue;
    const auto is_chosen = [&found](const auto& option) {
      return !found->second.empty() && option.second == found->second.front();
    };
    const bool offered = std::any_of(field.options.begin(), field.options.end(), is_chosen);
    if (field.type == "list-single" && !offered) continue;
    room -= SizeOf(found->second);
    if (field.type == "text-multi") {
      field.values = found->second;
    } else {
      field.value = found->second.empty() ? "" : found->second.front();
    }
  }
}

std::optional<std::string> TextOf(const FieldValues& submitted, const std::string& var) {
  const auto found = submitted.find(var);
  if (found == submitted.end()) return std::nullopt;
  return absl::StrJoin(found->second, "\n");
}

std::string ProblemOf(const DataForm& form, const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  const std::vector<std::string> parts = absl::StrSplit(std::string(why.message()), ": ");
  const std::string label = LabelOf(form, parts.front());
  if (!wording || label.empty()) return words.Say(why);
  const std::string reason = words.Say(*wording);
  const std::string line = parts.size() > 2 ? LineIn(parts[1]) : "";
  return line.empty() ? texts::FieldError(words, parts.front(), label, reason)
                      : texts::LineError(words, parts.front(), line, reason);
}

}  // namespace postern::xmpp_edge
