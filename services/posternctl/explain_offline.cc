#include "services/posternctl/explain_offline.h"

#include <google/protobuf/struct.pb.h>
#include <re2/re2.h>

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/posternctl/words.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/engine/message_view.h"
#include "services/rules/jsmail/acl.h"

namespace postern::posternctl {
namespace {

using rules::Action;
using rules::Evaluation;
namespace jsmail = rules::jsmail;

constexpr size_t kMaxHeaderRead = 256 * 1024;

bool IsReject(const RuleFile& file) { return file.kind.Is(crypto::FileKind::kReject); }

// ' matched "win $$$"', as the trace has it for a line.
std::string MatchedAt(uint32_t line, const Evaluation& evaluation) {
  for (const rules::TraceStep& step : evaluation.trace) {
    const size_t found = step.text.rfind(" matched \"");
    if (!step.action && step.line == line && found != std::string::npos) {
      return step.text.substr(found);
    }
  }
  return "";
}

// Of a reject file: which line, which value. Empty: no reject line matched.
std::string ReasonOf(const Evaluation& evaluation) {
  for (const Action& action : evaluation.actions) {
    const std::string matched = MatchedAt(action.line, evaluation);
    if (const auto* reject = std::get_if<rules::RejectAction>(&action.kind)) {
      return absl::StrCat(reject->reason, matched);
    }
    if (const auto* note = std::get_if<rules::NoteAction>(&action.kind)) {
      return absl::StrCat(note->text, matched);
    }
  }
  return "";
}

rules::v1::Verdict VerdictOf(const Evaluation& evaluation) {
  return evaluation.stopped_by_reject ? rules::v1::VERDICT_REJECT : rules::v1::VERDICT_KEEP;
}

// Two JSON objects as one.
std::string Joined(absl::string_view first, absl::string_view second) {
  const size_t end = first.rfind('}'), begin = second.find('{');
  if (end == first.npos || begin == second.npos) return std::string(first);
  return absl::StrCat(first.substr(0, end), ",", second.substr(begin + 1));
}

std::string WithoutNoDomain(const std::string& text) {
  return absl::StrReplaceAll(text, {{absl::StrCat("@", kNoDomain), ""}});
}

std::string Quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return std::string(absl::StripTrailingAsciiWhitespace(ToJson(value)));
}

// As `rules explain` has it from the record of a server, what is known here.
std::string DecisionJson(const OfflineAnswer& answer) {
  const std::pair<const char*, std::string> members[] = {
      {"message_id", answer.message_id},
      {"from", answer.from},
      {"verdict", rules::v1::Verdict_Name(VerdictOf(answer.whole()))},
      {"reason", ReasonOf(answer.whole())},
      {"program_hash", answer.program_hash}};
  std::vector<std::string> known;
  for (const auto& [name, value] : members) {
    if (!value.empty()) known.push_back(absl::StrCat("\"", name, "\":", Quoted(value)));
  }
  return absl::StrCat("{\"decisions\":[{", absl::StrJoin(known, ","), "}]}");
}

// What a reject file notes is why it accepted, and nothing that is done.
std::string DoneJson(const RuleFile& file, const Evaluation& evaluation) {
  if (!IsReject(file)) return rules::ActionsJson(evaluation);
  Evaluation done = evaluation;
  std::erase_if(done.actions, [](const Action& action) {
    return std::holds_alternative<rules::NoteAction>(action.kind);
  });
  return rules::ActionsJson(done);
}

// What ran, too: it is no action that somebody has yet to carry out, so that the engine lists it
// in its trace alone. It came before what was done with its outcome.
std::string ActionsOf(const RuleFile& file, const Evaluation& evaluation) {
  constexpr absl::string_view kBegin = "{\"actions\":[";
  const std::string json = DoneJson(file, evaluation);
  std::vector<std::string> actions;
  for (const rules::TraceStep& step : evaluation.trace) {
    absl::string_view program = step.text;
    if (!step.action || !absl::ConsumePrefix(&program, "run \"")) continue;
    actions.push_back(absl::StrCat("{\"action\":\"exec\",\"program\":",
                                   Quoted(std::string(absl::StripSuffix(program, "\""))), "}"));
  }
  if (actions.empty() || !absl::StartsWith(json, kBegin)) return json;
  return absl::StrCat(kBegin, absl::StrJoin(actions, ","), evaluation.actions.empty() ? "" : ",",
                      json.substr(kBegin.size()));
}

std::string RecipientsJson(const OfflineAnswer& answer) {
  std::vector<std::string> each;
  for (const Outcome& outcome : answer.outcomes) {
    const std::string name = absl::StrCat("{\"recipient\":", Quoted(outcome.recipient), "}");
    each.push_back(Joined(name, ActionsOf(answer.file, outcome.evaluation)));
  }
  return absl::StrCat("{\"recipients\":[", absl::StrJoin(each, ","), "]}");
}

std::string JsonOf(const OfflineAnswer& answer) {
  std::string json = ActionsOf(answer.file, answer.whole());
  if (IsReject(answer.file)) json = Joined(json, DecisionJson(answer));
  if (answer.outcomes.size() > 1) json = Joined(json, RecipientsJson(answer));
  return json;
}

std::string NamesOf(const Evaluation& evaluation) {
  return absl::StrJoin(evaluation.actions, ", ", [](std::string* out, const Action& action) {
    const auto* keep = std::get_if<rules::KeepAction>(&action.kind);
    absl::StrAppend(out, rules::ActionName(action), keep && keep->implicit ? " (implicit)" : "");
  });
}

void PrintSteps(std::ostream& out, const Evaluation& evaluation) {
  for (const rules::TraceStep& step : evaluation.trace) {
    const std::string place =
        step.line == 0 ? step.program : absl::StrCat(step.program, ":", step.line);
    PrintLine(out, absl::StrCat(place, ": ", step.action ? "-> " : "", WithoutNoDomain(step.text)));
  }
  PrintLine(out, absl::StrCat("actions: ", NamesOf(evaluation)));
}

void PrintOutcome(std::ostream& out, const OfflineAnswer& answer, const Outcome& outcome) {
  if (!outcome.recipient.empty()) PrintLine(out, absl::StrCat(outcome.recipient, ":"));
  if (!IsReject(answer.file)) return PrintSteps(out, outcome.evaluation);
  const std::string reason = ReasonOf(outcome.evaluation);
  PrintLine(out, absl::StrCat(Words(VerdictOf(outcome.evaluation)), ": ",
                              reason.empty() ? "no reject line matched" : reason));
}

// RFC 5321 section 4.4: "from host (name [192.0.2.1])", "[IPv6:2001:db8::1]".
absl::StatusOr<std::string> AddressIn(const std::string& path) {
  auto message = ReadBeginning(path, kMaxHeaderRead);
  if (!message.ok()) return message.status();
  const rules::MessageView view(message->bytes, message->full_size);
  const auto fields = view.Fields("Received");
  std::string address;
  if (!fields.empty() &&
      RE2::PartialMatch(fields.front()->raw, R"(\[(?:IPv6:)?([0-9A-Fa-f:.]+)\])", &address)) {
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": its first Received field names no address; give one by --address"));
}

}  // namespace

absl::Status ExplainOffline(Session& session, const OfflineQuestion& question) {
  auto answer = JudgeOffline(question);
  if (!answer.ok()) return answer.status();
  if (session.json) {
    session.out() << WithoutNoDomain(JsonOf(*answer)) << "\n";
    return absl::OkStatus();
  }
  for (const std::string& assumed : answer->taken_for) {
    PrintLine(session.out(), absl::StrCat("assumed: ", assumed));
  }
  for (const Outcome& outcome : answer->outcomes) PrintOutcome(session.out(), *answer, outcome);
  return absl::OkStatus();
}

absl::Status ExplainConnection(Session& session, const OfflineQuestion& question,
                               const Connection& connection) {
  auto file = ReadRuleFile(question.file);
  if (!file.ok()) return file.status();
  const auto service = jsmail::AclServiceNamed(connection.service);
  if (!service) {
    return absl::InvalidArgumentError("--service: must be smtp, pop3, password or remote");
  }
  // "remote" is asked by Postern, the others by JSMail alone, who looked at the file as a whole.
  const bool ours = *service == jsmail::AclService::kRemote;
  const jsmail::AclOptions options = ours ? jsmail::kOneService : jsmail::AclOptions{};
  const auto read = jsmail::Acl::Read(file->text.Reveal(), file->name, options);
  std::vector<std::string> warnings;
  if (absl::Status s = SplitProblems(read.problems, warnings); !s.ok()) return s;
  std::string address = connection.address;
  if (address.empty()) {
    auto found = AddressIn(question.message_file);
    if (!found.ok()) return found.status();
    address = *std::move(found);
  }
  if (!jsmail::Acl::IsAddress(address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--address: ", address, " is no IP address, like 192.0.2.7 or 2001:db8::7"));
  }
  const jsmail::AclVerdict verdict = read.acl->Judge(*service, address);
  if (session.json) {
    session.out() << "{\"actions\":[{\"action\":\"" << (verdict.allowed ? "allow" : "deny")
                  << "\"}],\"line\":" << verdict.line << "}\n";
    return absl::OkStatus();
  }
  PrintLine(session.out(),
            absl::StrCat(verdict.allowed ? "allowed: " : "denied: ", verdict.reason));
  return absl::OkStatus();
}

}  // namespace postern::posternctl
