#include "services/posternctl/explain_json.h"

#include <google/protobuf/struct.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/posternctl/session.h"
#include "services/rules/engine/action_json.h"

namespace postern::posternctl {
namespace {

using rules::Evaluation;

std::string Quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return std::string(absl::StripTrailingAsciiWhitespace(ToJson(value)));
}

// Nothing of an empty text.
void AddText(const char* name, const std::string& text, std::string& members) {
  if (!text.empty()) absl::StrAppend(&members, ",\"", name, "\":", Quoted(text));
}

void AddList(const char* name, const std::vector<std::string>& values, std::string& members) {
  if (!values.empty())
    absl::StrAppend(&members, ",\"", name, "\":[", absl::StrJoin(values, ","), "]");
}

// What ran, too: it is no action that somebody has yet to carry out, so that the engine lists it
// in its trace alone. It came before what was done with its outcome.
std::string ProgramsRun(const Evaluation& evaluation) {
  std::vector<std::string> ran;
  for (const rules::TraceStep& step : evaluation.trace) {
    absl::string_view program = step.text;
    if (!step.action || !absl::ConsumePrefix(&program, "run \"")) continue;
    ran.push_back(absl::StrCat("{\"action\":\"exec\",\"program\":",
                               Quoted(std::string(absl::StripSuffix(program, "\""))), "}"));
  }
  return absl::StrJoin(ran, ",");
}

// "actions" and what belongs to it, without the braces.
std::string MembersOf(const Outcome& outcome) {
  constexpr absl::string_view kBegin = "{\"actions\":[";
  const std::string json = rules::ActionsJson(outcome.evaluation);
  const std::string rest = json.substr(kBegin.size(), json.size() - kBegin.size() - 1);
  const std::string ran = ProgramsRun(outcome.evaluation);
  const bool both = !ran.empty() && !absl::StartsWith(rest, "]");
  std::string members = absl::StrCat(kBegin.substr(1), ran, both ? "," : "", rest);
  AddText("reason", outcome.reason, members);
  return members;
}

std::string MembersOf(const rules::jsmail::AclVerdict& verdict) {
  std::string members =
      absl::StrCat("\"actions\":[{\"action\":\"", verdict.allowed ? "allow" : "deny", "\"}]");
  if (verdict.line > 0) absl::StrAppend(&members, ",\"line\":", verdict.line);
  AddText("reason", verdict.reason, members);
  return members;
}

}  // namespace

std::string WithoutNoDomain(const std::string& text) {
  return absl::StrReplaceAll(text, {{absl::StrCat("@", kNoDomain), ""}});
}

std::string ExplainJson(const OfflineAnswer& answer) {
  std::string members = MembersOf(answer.whole());
  std::vector<std::string> recipients, assumed;
  for (const Outcome& outcome : answer.outcomes) {
    if (answer.outcomes.size() == 1) break;
    recipients.push_back(
        absl::StrCat("{\"recipient\":", Quoted(outcome.recipient), ",", MembersOf(outcome), "}"));
  }
  AddList("recipients", recipients, members);
  for (const std::string& each : answer.taken_for) assumed.push_back(Quoted(each));
  AddList("assumed", assumed, members);
  return WithoutNoDomain(absl::StrCat("{", members, "}"));
}

std::string ConnectionJson(const std::vector<ServiceVerdict>& verdicts) {
  std::string members = MembersOf(verdicts.front().verdict);
  std::vector<std::string> services;
  for (const ServiceVerdict& each : verdicts) {
    if (verdicts.size() == 1) break;
    services.push_back(
        absl::StrCat("{\"service\":", Quoted(each.service), ",", MembersOf(each.verdict), "}"));
  }
  AddList("services", services, members);
  return absl::StrCat("{", members, "}");
}

}  // namespace postern::posternctl
