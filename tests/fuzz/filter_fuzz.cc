// Any text must be read as a content filter, or be refused with places in it; what is read judges
// a mail without reaching any limit but its own.
#include "services/rules/engine/evaluate.h"
#include "services/rules/filter/compile.h"
#include "tests/fuzz/jsmail_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::rules;
  const std::string text(reinterpret_cast<const char*>(data), size);
  filter::CompileOptions options;
  options.operator_rule = size % 2 == 0;
  const Compiled compiled = filter::Compile(text, options);
  CheckCompiled(compiled, text);
  if (!compiled.program) return 0;
  // The text is a mail as well.
  MessageView view(text);
  Facts facts;
  facts.owner = "ann@example.org";
  facts.recipients = {"ann@example.org"};
  facts.zone = absl::UTCTimeZone();
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  const Stage stages[] = {
      {std::make_shared<const PreparedProgram>(compiled.program), options.operator_rule}};
  const Evaluation evaluation = EvaluateStages(stages, view, facts, limits);
  Require(!evaluation.actions.empty());
  for (const Edit& edit : evaluation.edits) {
    const auto* header = std::get_if<HeaderEdit>(&edit);
    if (header == nullptr || !header->add) continue;
    Require(header->name.find_first_of("\r\n: ") == std::string::npos);
    Require(header->value.find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
