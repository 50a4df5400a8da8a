#include "lib/schedule/schedule.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/schedule/wall_clock.h"
#include "services/posternctl/next_runs.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"

namespace postern::posternctl {
namespace {

using schedule::Schedule;
using schedule::Traffic;

constexpr size_t kShownRuns = 5;

struct Question {
  std::string path, time_zone;
  bool strict = false;
};

// What a section does at its times, or when so many mails wait.
std::string PurposeOf(Traffic traffic) {
  if (traffic == Traffic::kSend) return "sends";
  return traffic == Traffic::kFetch ? "fetches" : "sends and fetches";
}

std::string TriggerWords(const schedule::Section& section) {
  if (section.triggers.empty()) return "";
  const auto least =
      std::min_element(section.triggers.begin(), section.triggers.end(),
                       [](const auto& a, const auto& b) { return a.waiting < b.waiting; });
  return absl::StrCat("also when ", least->waiting,
                      least->waiting == 1 ? " mail waits" : " mails wait");
}

void PrintSections(Session& session, const Schedule& parsed) {
  Table table({"SECTION", "DOES", ">TIMES A WEEK", "NEXT"});
  for (const schedule::Section& section : parsed.sections) {
    const Schedule alone{{section}, {}};
    const auto next = NextRuns(alone, section.traffic, absl::Now(), 1);
    table.Add({section.name, PurposeOf(section.traffic), absl::StrCat(section.times.Count()),
               next.empty() ? "" : RunWords(next.front(), section.zone)});
    table.Note(TriggerWords(section));
    if (section.any_connection) table.Note("also over a connection that something else has opened");
  }
  table.Print(session.out(), "The schedule names no section.");
}

google::protobuf::ListValue ListOf(const std::vector<std::string>& texts) {
  google::protobuf::ListValue list;
  for (const std::string& text : texts) list.add_values()->set_string_value(text);
  return list;
}

absl::Status PrintJson(Session& session, const Schedule& parsed,
                       const std::vector<std::string>& warnings) {
  google::protobuf::Struct told;
  auto& fields = *told.mutable_fields();
  *fields["warnings"].mutable_list_value() = ListOf(warnings);
  const std::pair<const char*, Traffic> kinds[] = {{"next_fetches", Traffic::kFetch},
                                                   {"next_sends", Traffic::kSend}};
  for (const auto& [name, traffic] : kinds) {
    std::vector<std::string> stamps;
    for (const absl::Time run : NextRuns(parsed, traffic, absl::Now(), kShownRuns)) {
      stamps.push_back(RunStamp(run));
    }
    *fields[name].mutable_list_value() = ListOf(stamps);
  }
  return session.PrintJson(told);
}

absl::Status Check(Session& session, const Question& question) {
  const auto zone = schedule::FindZone(question.time_zone);
  if (!zone.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--time-zone: ", zone.status().message()));
  }
  auto text = ReadTextFile(question.path, schedule::kMaxScheduleBytes);
  if (!text.ok()) return text.status();
  const std::string name = FileNameOf(question.path);
  const auto syntax = question.strict ? schedule::Syntax::kStrict : schedule::Syntax::kExtended;
  const auto parsed = schedule::ParseSchedule(*text, syntax, *zone);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ":", parsed.status().message()));
  }
  std::vector<std::string> warnings;
  for (const schedule::Warning& warning : parsed->warnings) {
    warnings.push_back(absl::StrCat(name, ":", ToString(warning)));
  }
  for (const schedule::Section& section : parsed->sections) {
    if (section.password_line == 0) continue;
    warnings.push_back(absl::StrCat(name, ":", section.password_line,
                                    ":1: accounts take no schedule with a password in it"));
  }
  if (session.json) return PrintJson(session, *parsed, warnings);
  for (const std::string& warning : warnings) {
    PrintLine(session.out(), absl::StrCat("warning: ", warning));
  }
  PrintSections(session, *parsed);
  const auto print = [&](const char* title, Traffic traffic) {
    PrintRuns(session.out(), title, NextRuns(*parsed, traffic, absl::Now(), kShownRuns), *zone);
  };
  print("Fetches next:", Traffic::kFetch);
  print("Sends next:", Traffic::kSend);
  return absl::OkStatus();
}

}  // namespace

void AddSchedule(Nouns& nouns) {
  CLI::App& noun = nouns.AddNoun("schedule", "Scheduler files of JSMail");
  auto question = std::make_shared<Question>();
  CLI::App& check = nouns.AddVerb(
      noun, "check", "Look through a schedule, without a server",
      "Prints what each section does, and when it runs next. Warnings and errors read\n"
      "FILE:LINE:COLUMN: REASON; exits with 1 when there is an error.\n\n"
      "Example:\n  posternctl schedule check office.txt --time-zone Europe/Berlin\n",
      [question](Session& session) { return Check(session, *question); });
  check.add_option("FILE", question->path, "the schedule")->required();
  check.add_option("--time-zone", question->time_zone, "of sections that name none")
      ->option_text("ZONE [UTC]");
  check.add_flag("--strict", question->strict, "take only what JSMail itself took");
}

}  // namespace postern::posternctl
