#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/posternctl/next_runs.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/posternctl/words.h"
#include "services/sender/operator_file.h"
#include "services/sender/routes/route_table.h"

namespace postern::posternctl {
namespace {

using sender::RouteSettings;
using sender::v1::EgressRoute;
using Stub = Session::Stub;

struct Question {
  std::string path;
  sender::RouteRules rules;
};

std::string WayWords(const std::string& way, const std::string& source) {
  const std::string by = way.empty() ? "accounts' own servers" : way;
  return source.empty() ? by : absl::StrCat(by, " from ", source);
}

absl::Status List(Session& session) {
  auto answer = session.Call(&Stub::ListRoutes, sender::v1::ListRoutesRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"ROUTE", "LINK", "OPEN", "NEXT RUN", ">ACCOUNTS", ">WAITING"});
  for (const EgressRoute& route : answer->routes()) {
    table.Add({route.name(), Words(route.link()), route.open() ? "yes" : "no",
               TimeWords(route.next_run_unix()), absl::StrCat(route.accounts()),
               absl::StrCat(route.waiting())});
    table.Note(absl::StrCat("by ", WayWords(route.way(), route.source())));
    if (!route.problem().empty()) table.Note(absl::StrCat("problem: ", route.problem()));
  }
  table.Print(session.out(), "There are no routes: mail goes to each account's own server.");
  if (!answer->file_problem().empty()) {
    PrintLine(session.out(), "A file of the sender has errors; what it said before is in force:");
    PrintLine(session.out(), answer->file_problem());
  }
  return absl::OkStatus();
}

std::string WayOf(const RouteSettings& route) {
  if (route.direct) return "mx";
  return route.relay ? absl::StrCat(route.relay->host, ":", route.relay->port) : "";
}

std::string TimesOf(const RouteSettings& route) {
  if (!route.HasTimes()) return "always";
  std::vector<std::string> when;
  for (const schedule::Section& section : route.schedule.sections) {
    const int times = section.times.Count();
    if (times > 0)
      when.push_back(absl::StrCat(times, times == 1 ? " time a week" : " times a week"));
    for (const schedule::QueueTrigger& trigger : section.triggers) {
      when.push_back(absl::StrCat("from ", trigger.waiting,
                                  trigger.waiting == 1 ? " mail" : " mails",
                                  trigger.days == schedule::kEveryDay ? "" : " on some days"));
    }
    if (section.any_connection) when.push_back("any connection");
  }
  return absl::StrJoin(when, ", ");
}

absl::Status Check(Session& session, const Question& question) {
  auto text = ReadTextFile(question.path, sender::kMaxRoutesBytes);
  if (!text.ok()) return text.status();
  const std::string name = FileNameOf(question.path);
  const auto parsed = sender::ParseRoutes(*text, question.rules);
  if (!parsed.ok()) return sender::InFile(name, parsed.status());
  for (const std::string& warning : parsed->warnings) {
    PrintLine(session.out(), absl::StrCat("warning: ", name, ":", warning));
  }
  Table table({"ROUTE", "NEXT RUN", "TIMES"});
  for (const RouteSettings& route : parsed->routes) {
    const auto next = NextRuns(route.schedule, schedule::Traffic::kSend, absl::Now(), 1);
    table.Add({route.name, next.empty() ? "" : RunWords(next.front(), absl::UTCTimeZone()),
               TimesOf(route)});
    table.Note(absl::StrCat("by ", WayWords(WayOf(route), route.source)));
    if (!route.up.empty()) table.Note(absl::StrCat("up: ", absl::StrJoin(route.up, " ")));
    if (!route.down.empty()) table.Note(absl::StrCat("down: ", absl::StrJoin(route.down, " ")));
  }
  table.Print(session.out(), "The file names no route.");
  return absl::OkStatus();
}

}  // namespace

void AddRoutes(Nouns& nouns) {
  CLI::App& routes = nouns.AddNoun("routes", "The ways that mail takes out of here");
  nouns.AddVerb(routes, "list", "The routes, their links, and what waits for them",
                "OPEN tells whether a route's times let mail through at the moment. With several\n"
                "senders, LINK is that of the one that was asked.\n\n"
                "Example:\n  posternctl routes list\n",
                List);
  auto question = std::make_shared<Question>();
  CLI::App& check = nouns.AddVerb(
      routes, "check", "Look through a file of routes, without a server",
      "Warnings and errors read FILE:LINE:COLUMN: REASON; exits with 1 when there is an error.\n"
      "Files with passwords are not looked into.\n\n"
      "Example:\n  posternctl routes check /etc/postern/routes\n",
      [question](Session& session) { return Check(session, *question); });
  check.add_option("FILE", question->path, "as the sender's --routes-file")->required();
  check.add_flag("--allow-plaintext-auth", question->rules.allow_plaintext_auth,
                 "as the sender has it");
}

}  // namespace postern::posternctl
