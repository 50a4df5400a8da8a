#include "services/posternctl/explain_offline.h"

#include <re2/re2.h>

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/explain_json.h"
#include "services/posternctl/filter_trace.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/posternctl/words.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/engine/message_view.h"
#include "services/rules/jsmail/acl.h"

namespace postern::posternctl {
namespace {

using rules::Evaluation;
namespace jsmail = rules::jsmail;

constexpr size_t kMaxHeaderRead = 256 * 1024;
// Mail comes by SMTP: what a file says of that comes first.
constexpr const char* kServices[] = {"smtp", "pop3", "password", "remote"};

std::string NameOf(const rules::Done& done) {
  if (done.action == nullptr) return std::string(rules::EditName(*done.edit));
  const auto* keep = std::get_if<rules::KeepAction>(&done.action->kind);
  return absl::StrCat(rules::ActionName(*done.action), keep && keep->implicit ? " (implicit)" : "");
}

void PrintSteps(std::ostream& out, const Evaluation& evaluation) {
  for (const rules::TraceStep& step : evaluation.trace) {
    const std::string place =
        step.line == 0 ? step.program : absl::StrCat(step.program, ":", step.line);
    PrintLine(out, absl::StrCat(place, ": ", step.action ? "-> " : "", WithoutNoDomain(step.text)));
  }
}

void PrintOutcome(std::ostream& out, const OfflineAnswer& answer, const Outcome& outcome,
                  bool every_step) {
  const Evaluation& evaluation = outcome.evaluation;
  if (!outcome.recipient.empty()) PrintLine(out, absl::StrCat(outcome.recipient, ":"));
  if (answer.file.kind.Is(crypto::FileKind::kReject)) {
    const auto verdict =
        evaluation.stopped_by_reject ? rules::v1::VERDICT_REJECT : rules::v1::VERDICT_KEEP;
    PrintLine(out,
              absl::StrCat(Words(verdict), ": ",
                           outcome.reason.empty() ? "no reject line matched" : outcome.reason));
    return;
  }
  if (answer.file.kind.filter) {
    PrintFilterTrace(out, answer, evaluation, every_step);
  } else {
    PrintSteps(out, evaluation);
  }
  std::vector<std::string> names;
  for (const rules::Done& done : rules::InOrder(evaluation)) names.push_back(NameOf(done));
  PrintLine(out, absl::StrCat("actions: ", absl::StrJoin(names, ", ")));
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

absl::StatusOr<std::string> AddressOf(const Connection& connection, const std::string& message) {
  std::string address = connection.address;
  if (address.empty()) {
    auto found = AddressIn(message);
    if (!found.ok()) return found.status();
    address = *std::move(found);
  }
  if (jsmail::Acl::IsAddress(address)) return address;
  return absl::InvalidArgumentError(
      absl::StrCat("--address: ", address, " is no IP address, like 192.0.2.7 or 2001:db8::7"));
}

absl::StatusOr<jsmail::AclVerdict> Judge(const RuleFile& file, jsmail::AclService service,
                                         const std::string& address) {
  // "remote" is asked by Postern, the others by JSMail alone, who looked at the file as a whole.
  const bool ours = service == jsmail::AclService::kRemote;
  const jsmail::AclOptions options = ours ? jsmail::kOneService : jsmail::AclOptions{};
  const auto read = jsmail::Acl::Read(file.text.Reveal(), file.name, options);
  std::vector<std::string> warnings;
  if (absl::Status s = SplitProblems(file, read.problems, warnings); !s.ok()) return s;
  return read.acl->Judge(service, address);
}

}  // namespace

absl::Status ExplainOffline(Session& session, const OfflineQuestion& question) {
  auto answer = JudgeOffline(question);
  if (!answer.ok()) return answer.status();
  if (session.json) {
    session.out() << ExplainJson(*answer) << "\n";
    return absl::OkStatus();
  }
  for (const std::string& assumed : answer->taken_for) {
    PrintLine(session.out(), absl::StrCat("assumed: ", assumed));
  }
  for (const Outcome& outcome : answer->outcomes)
    PrintOutcome(session.out(), *answer, outcome, question.every_step);
  return absl::OkStatus();
}

absl::Status ExplainConnection(Session& session, const OfflineQuestion& question,
                               const Connection& connection) {
  auto file = ReadRuleFile(question.file);
  if (!file.ok()) return file.status();
  const auto address = AddressOf(connection, question.message_file);
  if (!address.ok()) return address.status();
  std::vector<ServiceVerdict> verdicts;
  for (const char* name : kServices) {
    const auto service = *jsmail::AclServiceNamed(name);
    if (!connection.service.empty() && service != jsmail::AclServiceNamed(connection.service))
      continue;
    auto verdict = Judge(*file, service, *address);
    if (!verdict.ok()) return verdict.status();
    verdicts.push_back({name, *std::move(verdict)});
  }
  if (verdicts.empty()) {
    return absl::InvalidArgumentError("--service: must be smtp, pop3, password or remote");
  }
  if (session.json) {
    session.out() << ConnectionJson(verdicts) << "\n";
    return absl::OkStatus();
  }
  for (const ServiceVerdict& each : verdicts) {
    PrintLine(session.out(),
              absl::StrCat(verdicts.size() == 1 ? "" : each.service + ": ",
                           each.verdict.allowed ? "allowed: " : "denied: ", each.verdict.reason));
  }
  return absl::OkStatus();
}

}  // namespace postern::posternctl
