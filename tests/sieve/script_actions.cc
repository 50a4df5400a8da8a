// What scripts do with mails, for the differential run: reads lines "SCRIPT\tMAIL\tFROM\tTO"
// (files and envelope) from standard input, writes the actions of each as one line of JSON;
// {"problem":"…"} for a script that can't be compiled.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/sieve/compile.h"
#include "tests/sieve/suite_mails.h"
#include "tests/sieve/suite_script.h"

namespace postern::rules::suite {
namespace {

std::string Actions(const std::vector<std::string>& fields) {
  const auto script = ReadFile(fields[0]), mail = ReadFile(fields[1]);
  if (!script || !mail) return "{\"problem\":\"a file is missing\"}";
  const sieve::CompileOptions options = OptionsFor(fields[0], ".");
  const Compiled compiled = sieve::Compile(*script, options);
  if (!compiled.program) {
    std::string text(FirstError(compiled.problems).message());
    for (char& c : text) c = c == '"' || c == '\\' || c < ' ' ? ' ' : c;
    return absl::StrCat("{\"problem\":\"", text, "\"}");
  }
  const PreparedProgram prepared(compiled.program);
  const std::string text = WithCrlf(*mail);
  MessageView view(text);
  Facts facts;
  facts.envelope_from = fields[2];
  facts.envelope_known = true;
  facts.recipients = {fields[3]};
  facts.own_addresses = facts.recipients;
  facts.now = facts.received = absl::Now();
  facts.zone = absl::LocalTimeZone();
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  Evaluation evaluation = Evaluate(prepared, view, facts, limits);
  // No mailbox is there but those that scripts make.
  for (int round = 0; !evaluation.missing.empty() && round < 20; ++round) {
    for (const FactKey& key : evaluation.missing) facts.looked_up[key] = NothingThere(key);
    evaluation = Evaluate(prepared, view, facts, limits);
  }
  return ActionsJson(evaluation);
}

}  // namespace
}  // namespace postern::rules::suite

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 4) {
      std::cerr << "four fields are wanted: " << line << "\n";
      return 2;
    }
    std::cout << postern::rules::suite::Actions(fields) << "\n";
  }
  return 0;
}
