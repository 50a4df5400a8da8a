#include "services/rules/filter/rule_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/filter/about.h"
#include "services/rules/filter/compile.h"
#include "services/rules/filter/words.h"

namespace postern::rules::filter {
namespace {

constexpr size_t kMaxName = 100;  // code points

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return absl::ascii_isdigit(c); });
}

// "Condition01", whatever its case.
bool IsNumbered(absl::string_view key, absl::string_view name) {
  return absl::StartsWithIgnoreCase(key, name) && IsDigits(key.substr(name.size()));
}

// Nothing but bars and blanks behind the first part.
bool IsBare(absl::string_view condition) {
  const size_t bar = std::min(condition.find('|'), condition.size());
  return condition.find_first_not_of("| \t", bar) == condition.npos;
}

class Reader {
 public:
  explicit Reader(Source& source) : source_(source) {}

  std::vector<Rule> Run() {
    for (const Line& line : source_.Entries()) {
      const absl::string_view text = absl::StripAsciiWhitespace(line.text);
      if (text.front() == ';') continue;
      const size_t errors_before = source_.errors();
      if (text.front() == '[') {
        if (!BeginSection(line, text)) break;
      } else {
        ReadSetting(line, text);
      }
      if (section_ == Section::kRule && source_.errors() > errors_before)
        rules_.back().broken = true;
    }
    return std::move(rules_);
  }

 private:
  // False: there are too many.
  bool BeginSection(const Line& line, absl::string_view text) {
    section_ = Section::kOther;
    absl::string_view name = text.substr(1);
    if (!absl::ConsumeSuffix(&name, "]")) {
      source_.Fail(line, text, "a section is named in brackets: [Rule001]");
      return true;
    }
    if (!IsNumbered(name, "Rule")) {
      source_.Warn(line, text, "only sections like [Rule001] are rules: this one is passed over");
      return true;
    }
    if (rules_.size() == kMaxRules) {
      source_.Fail(line, text, absl::StrCat("more than ", kMaxRules, " rules in one file"));
      return false;
    }
    section_ = Section::kRule;
    Rule& rule = rules_.emplace_back();
    rule.line = line;
    rule.name = std::string(name);
    if (!absl::SimpleAtoi(name.substr(4), &rule.number)) {
      source_.Fail(line, text, "the number of this rule is too large");
    }
    return true;
  }

  void ReadSetting(const Line& line, absl::string_view text) {
    const size_t equals = text.find('=');
    if (equals == text.npos) {
      return source_.Fail(line, text, "a line is a section, like [Rule001], or NAME=VALUE");
    }
    const absl::string_view key = absl::StripTrailingAsciiWhitespace(text.substr(0, equals));
    const absl::string_view value = text.substr(equals + 1);
    if (section_ == Section::kOther) return;
    if (section_ == Section::kNone) {
      return source_.Fail(line, text, "this stands before the first rule: begin it by [Rule001]");
    }
    Rule& rule = rules_.back();
    if (IsNumbered(key, "Condition")) return ReadCondition(line, value, rule);
    if (IsNumbered(key, "Action")) return ReadAction(line, value, rule);
    ReadWord(line, key, absl::StripAsciiWhitespace(value), rule);
  }

  void ReadWord(const Line& line, absl::string_view key, absl::string_view value, Rule& rule) {
    const auto is = [&](absl::string_view word) { return absl::EqualsIgnoreCase(value, word); };
    if (absl::EqualsIgnoreCase(key, "RuleName")) {
      if (!value.empty()) rule.name = Shorten(mail::CleanLine(value), kMaxName);
    } else if (absl::EqualsIgnoreCase(key, "Enable")) {
      rule.enabled = !is("No");
      if (rule.enabled && !is("Yes")) source_.Fail(line, value, "Enable= is Yes or No");
    } else if (absl::EqualsIgnoreCase(key, "ThisRuleCondition")) {
      rule.any = is("Any");
      if (!rule.any && !is("All")) source_.Fail(line, value, "ThisRuleCondition= is All or Any");
    } else if (absl::EqualsIgnoreCase(key, "ProcessQueue")) {
      rule.queue = is("LOCAL") ? Queue::kLocal : is("REMOTE") ? Queue::kRemote : Queue::kBoth;
      if (rule.queue == Queue::kBoth && !is("BOTH")) {
        source_.Fail(line, value, "ProcessQueue= is LOCAL, REMOTE or BOTH");
      }
    } else {
      source_.Warn(line, line.text,
                   absl::StrCat("rule \"", rule.name, "\": the setting ", Shorten(key, 40),
                                "= is passed over"));
    }
  }

  void ReadCondition(const Line& line, absl::string_view text, Rule& rule) {
    constexpr absl::string_view kForm =
        "a condition is HEADER|OPERATOR|AND or OR|VALUE|, like SUBJECT|contains|AND|offer|";
    if (rule.conditions.size() == kMaxParts) {
      return source_.Fail(line, text, absl::StrCat("more than ", kMaxParts, " conditions"));
    }
    ConditionLine condition{line, {}, {}, false, {}};
    // "ALL" needs no more: it says all.
    const absl::string_view what = absl::StripAsciiWhitespace(text.substr(0, text.find('|')));
    if (AboutWhat(what, Comparing::kIs) == About::kAll && IsBare(text)) {
      condition.what = what;
      condition.op = "is";
      rule.conditions.push_back(condition);
      return;
    }
    absl::string_view rest = text, join;
    for (absl::string_view* part : {&condition.what, &condition.op, &join}) {
      const size_t bar = rest.find('|');
      if (bar == rest.npos && part != &join) {
        return source_.Fail(line, text, std::string(kForm));
      }
      *part = absl::StripAsciiWhitespace(rest.substr(0, bar));
      rest = bar == rest.npos ? rest.substr(rest.size()) : rest.substr(bar + 1);
    }
    condition.any = absl::EqualsIgnoreCase(join, "OR");
    if (condition.what.empty() || (!condition.any && !absl::EqualsIgnoreCase(join, "AND"))) {
      return source_.Fail(line, text, std::string(kForm));
    }
    absl::ConsumeSuffix(&rest, "|");
    condition.values = rest;
    rule.conditions.push_back(condition);
  }

  void ReadAction(const Line& line, absl::string_view text, Rule& rule) {
    if (rule.actions.size() == kMaxParts) {
      return source_.Fail(line, text, absl::StrCat("more than ", kMaxParts, " actions"));
    }
    const size_t bar = text.find('|');
    ActionLine action{line, absl::StripAsciiWhitespace(text.substr(0, bar)), {}};
    if (bar != text.npos) action.arguments = absl::StripAsciiWhitespace(text.substr(bar + 1));
    if (action.name.empty()) {
      return source_.Fail(line, text,
                          "an action is NAME|ARGUMENTS, like add header|\"X-Seen\",\"yes\"");
    }
    rule.actions.push_back(action);
  }

  enum class Section : uint8_t { kNone, kRule, kOther };
  Source& source_;
  std::vector<Rule> rules_;
  Section section_ = Section::kNone;
};

}  // namespace

std::vector<Rule> ReadRules(Source& source) { return Reader(source).Run(); }

bool LooksLikeFilter(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text.substr(0, 4096));
  return absl::StrContains(lower, "[rule") &&
         (absl::StrContains(lower, "thisrulecondition=") || absl::StrContains(lower, "rulename="));
}

}  // namespace postern::rules::filter
