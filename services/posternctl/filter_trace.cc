#include "services/posternctl/filter_trace.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/posternctl/explain_json.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using rules::TraceStep;

class FilterTrace {
 public:
  FilterTrace(std::ostream& out, const OfflineAnswer& answer, const rules::Evaluation& evaluation)
      : out_(out),
        answer_(answer),
        trace_(evaluation.trace),
        lines_(absl::StrSplit(answer.file.text.Reveal(), '\n')) {}

  void Print(bool every_step) {
    const std::vector<rules::RuleSpan>& rules = answer_.program->rules;
    for (size_t i = 0; i < rules.size(); ++i) {
      const uint32_t end =
          i + 1 < rules.size() ? rules[i + 1].line : static_cast<uint32_t>(lines_.size()) + 1;
      PrintRule(rules[i], end, every_step);
    }
    for (const TraceStep& step : trace_) {
      if (step.action && step.line == 0) PrintLine(out_, absl::StrCat("-> ", step.text));
    }
  }

 private:
  // Its lines are [rule.line, end).
  void PrintRule(const rules::RuleSpan& rule, uint32_t end, bool every_step) {
    std::vector<const TraceStep*> done;
    for (const TraceStep& step : trace_) {
      if (step.action && step.line >= rule.line && step.line < end) done.push_back(&step);
    }
    if (done.empty() && !every_step) return;
    Say(rule.line, absl::StrCat("rule \"", rule.name, "\"", done.empty() ? " did nothing" : ":"));
    if (done.empty()) return;
    PrintConditions(rule.line, end);
    for (const TraceStep* step : done) {
      Say(step->line, absl::StrCat("-> ", step->text, " (", ValueAt(step->line), ")"));
    }
  }

  // Where one is enough, those that were found to hold.
  void PrintConditions(uint32_t begin, uint32_t end) {
    bool any = false;
    for (uint32_t line = begin; line < end; ++line)
      any = any || absl::StartsWithIgnoreCase(TextAt(line), "ThisRuleCondition=Any");
    for (uint32_t line = begin; line < end; ++line) {
      if (!absl::StartsWithIgnoreCase(TextAt(line), "Condition")) continue;
      bool held = false;
      const std::string matched = MatchedAt(line, held);
      if (held || !any) Say(line, absl::StrCat(ValueAt(line), matched));
    }
  }

  // ' matched "win $$$"', as the trace has it.
  std::string MatchedAt(uint32_t line, bool& held) const {
    std::string matched;
    for (const TraceStep& step : trace_) {
      if (step.action || step.line != line) continue;
      if (!absl::EndsWith(step.text, ": no")) held = true;
      // Tests of texts are those that conditions make for themselves.
      const size_t found = step.text.rfind(" matched \"");
      if (found != step.text.npos && !absl::StartsWith(step.text, "string "))
        matched = step.text.substr(found);
    }
    return matched;
  }

  absl::string_view TextAt(uint32_t line) const {
    if (line == 0 || line > lines_.size()) return "";
    return absl::StripAsciiWhitespace(lines_[line - 1]);
  }
  // Behind "Condition01=".
  absl::string_view ValueAt(uint32_t line) const {
    const absl::string_view text = TextAt(line);
    return text.substr(text.find('=') + 1);
  }

  void Say(uint32_t line, const std::string& text) {
    PrintLine(out_, absl::StrCat(answer_.file.name, ":", line, ": ", WithoutNoDomain(text)));
  }

  std::ostream& out_;
  const OfflineAnswer& answer_;
  const std::vector<TraceStep>& trace_;
  const std::vector<absl::string_view> lines_;
};

}  // namespace

void PrintFilterTrace(std::ostream& out, const OfflineAnswer& answer,
                      const rules::Evaluation& evaluation, bool every_step) {
  FilterTrace(out, answer, evaluation).Print(every_step);
}

}  // namespace postern::posternctl
