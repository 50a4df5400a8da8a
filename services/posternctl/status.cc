#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;
constexpr char kSendersFiles[] = "files", kRuleFiles[] = "rule files", kPrograms[] = "programs";
constexpr char kRunner[] = "runner";

using Part = admin::v1::GetStatusResponse::Service;

bool IsOfFiles(const Part& part) {
  return part.name() == kSendersFiles || part.name() == kRuleFiles || part.name() == kPrograms;
}

std::string StateOf(const Part& part) {
  if (part.serving()) return "up";
  return IsOfFiles(part) ? "wrong" : "down";
}

// The component stream, as the edge sees it.
Part AskLink(Session& session) {
  Part link;
  link.set_name("xmpp link");
  auto answer = session.Call(&Stub::ListSessions, edge::v1::ListSessionsRequest());
  link.set_serving(answer.ok() && answer->link_up());
  if (!answer.ok()) {
    link.set_detail(std::string(answer.status().message()));
  } else if (!link.serving()) {
    link.set_detail("the edge has no component stream to the XMPP server");
  }
  return link;
}

// Redis, as admin sees it: looking for an account that can't be is one read.
Part AskRedis(Session& session) {
  Part redis;
  redis.set_name("redis");
  admin::v1::ListAccountsRequest request;
  request.set_account("-");
  const absl::Status status = session.Call(&Stub::ListAccounts, request).status();
  redis.set_serving(status.ok() || absl::IsNotFound(status));
  if (!redis.serving()) redis.set_detail(std::string(status.message()));
  return redis;
}

// Files of an operator that the sender could not read, while those before are in force. Only told
// when there is something to tell: who has no routes wants no line of them.
std::vector<Part> AskFiles(Session& session) {
  std::vector<Part> bad;
  auto answer = session.Call(&Stub::ListRoutes, sender::v1::ListRoutesRequest());
  if (!answer.ok() || answer->file_problem().empty()) return bad;
  Part& routes = bad.emplace_back();
  routes.set_name(kSendersFiles);
  routes.set_detail(absl::StrCat("the sender keeps to what they said before: ",
                                 absl::StrReplaceAll(answer->file_problem(), {{"\n", "; "}})));
  return bad;
}

// The same of the folder that the rules service looks at.
std::vector<Part> AskRuleFiles(Session& session) {
  std::vector<Part> bad;
  rules::v1::ListRulesRequest request;
  request.set_scope("site");
  auto answer = session.Call(&Stub::ListRules, request);
  if (!answer.ok() || answer->problems().empty()) return bad;
  Part& files = bad.emplace_back();
  files.set_name(kRuleFiles);
  files.set_detail(absl::StrJoin(answer->problems(), "; "));
  return bad;
}

// The runner of programs, when the rules service has one. It can't be asked when that is away,
// which has a line of its own.
std::vector<Part> AskRunner(Session& session) {
  std::vector<Part> parts;
  auto answer = session.Call(&Stub::ListRunnerPrograms, runner::v1::ListProgramsRequest());
  const bool there = answer.ok() || absl::StrContains(answer.status().message(), kRunner);
  if (!there || absl::IsFailedPrecondition(answer.status())) return parts;
  Part& runner = parts.emplace_back();
  runner.set_name(kRunner);
  runner.set_serving(answer.ok());
  if (!answer.ok()) {
    runner.set_detail(std::string(answer.status().message()));
    return parts;
  }
  std::vector<std::string> unable;
  for (const auto& program : answer->programs()) {
    if (!program.problem().empty())
      unable.push_back(absl::StrCat(program.id(), ": ", program.problem()));
  }
  if (unable.empty()) return parts;
  Part& programs = parts.emplace_back();
  programs.set_name(kPrograms);
  programs.set_detail(absl::StrJoin(unable, "; "));
  return parts;
}

std::string JsonOf(const std::vector<Part>& services, const std::vector<Part>& runner,
                   const Part& link, const Part& redis, const std::vector<Part>& files) {
  const auto append = [](std::string* out, const Part& part) {
    absl::StrAppend(out, ToJson(part));
  };
  return absl::StrCat("{\"services\": [\n", absl::StrJoin(services, ",\n", append), "],\n",
                      runner.empty() ? "" : "\"runner\": ", absl::StrJoin(runner, ",\n", append),
                      runner.empty() ? "" : ",\n", "\"link\": ", ToJson(link),
                      ",\n\"redis\": ", ToJson(redis), ",\n\"files\": [\n",
                      absl::StrJoin(files, ",\n", append), "]}\n");
}

absl::Status ShowStatus(Session& session, bool check) {
  auto answer = session.Call(&Stub::GetStatus, admin::v1::GetStatusRequest());
  if (!answer.ok()) return answer.status();
  const std::vector<Part> services(answer->services().begin(), answer->services().end());
  std::vector<Part> files = AskFiles(session);
  for (Part& file : AskRuleFiles(session)) files.push_back(std::move(file));
  std::vector<Part> runner;
  for (Part& part : AskRunner(session)) (IsOfFiles(part) ? files : runner).push_back(part);
  const Part link = AskLink(session);
  const Part redis = AskRedis(session);
  std::vector<Part> all = services;
  all.insert(all.end(), runner.begin(), runner.end());
  all.push_back(link);
  all.push_back(redis);
  all.insert(all.end(), files.begin(), files.end());

  Table table({"PART", "STATE", "DETAIL"});
  std::vector<std::string> down;
  for (const Part& part : all) {
    table.Add({part.name(), StateOf(part), part.detail()});
    if (!part.serving() && !IsOfFiles(part)) down.push_back(part.name());
  }
  if (session.json) {
    session.out() << JsonOf(services, runner, link, redis, files);
  } else {
    table.Print(session.out(), "Nothing is known.");
  }
  if (check && !down.empty())
    return absl::UnavailableError(absl::StrCat("not up: ", absl::StrJoin(down, ", ")));
  return absl::OkStatus();
}

}  // namespace

void AddStatus(Nouns& nouns) {
  auto check = std::make_shared<bool>(false);
  CLI::App& status = nouns.AddLoneVerb(
      "status", "Every service, the link to the XMPP server, Redis",
      "A file of routes, aliases or rules with errors is told of, too; what it said before is in\n"
      "force. So are programs that the runner can't run; without a runner it is not listed.\n"
      "JSON: {\"services\": [{name, serving, detail}], \"runner\": {...} (if there is one),\n"
      "\"link\": {...}, \"redis\": {...},\n"
      "\"files\": [those with errors]}\n\n"
      "Examples:\n  posternctl status\n"
      "  posternctl status --check || echo \"something is down\"\n",
      [check](Session& session) { return ShowStatus(session, *check); });
  status.add_flag("--check", *check, "exit with 1 unless everything is up");
}

}  // namespace postern::posternctl
