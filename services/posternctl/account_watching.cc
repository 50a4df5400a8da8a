#include "services/posternctl/account_watching.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/schedule/schedule.h"
#include "services/posternctl/accounts.h"
#include "services/posternctl/next_runs.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/text_file.h"

namespace postern::posternctl {
namespace {

using admin::v1::Account;
using admin::v1::Watching;
using Stub = Session::Stub;

// An option that may be left out, or be "".
struct Given {
  std::string text;
  const CLI::Option* option = nullptr;

  bool given() const { return option->count() > 0; }
};

// What the command line says; what is not there stays as it is.
struct Wish {
  std::string account;
  bool no_schedule = false;
  uint32_t days = 0;
  Given schedule_file, quiet_hours, time_zone, more_mailboxes;
  const CLI::Option* remove_after_days = nullptr;

  bool ChangesNothing() const {
    return !schedule_file.given() && !no_schedule && !quiet_hours.given() && !time_zone.given() &&
           !more_mailboxes.given() && remove_after_days->count() == 0;
  }
};

absl::Status PrintWatching(Session& session, const Account& account) {
  const Watching& watching = account.watching();
  const AccountRuns looks =
      RunsOf(watching.schedule(), watching.time_zone(), schedule::Traffic::kFetch);
  if (session.json) {
    session.out() << "{\"watching\": " << ToJson(watching)
                  << ",\n\"next_looks\": " << RunsJson(looks) << "}\n";
    return absl::OkStatus();
  }
  Card card;
  card.Add("account", absl::StrCat(account.owner(), "/", account.name()));
  AddWatchingTo(account, card);
  card.Print(session.out());
  PrintAccountSchedule(session.out(), "Next looks:", looks, watching.schedule());
  return absl::OkStatus();
}

absl::Status Apply(const Wish& wish, Watching& watching) {
  if (wish.schedule_file.given()) {
    auto text = ReadTextFile(wish.schedule_file.text, schedule::kMaxScheduleBytes);
    if (!text.ok()) return text.status();
    watching.set_schedule(*std::move(text));
  }
  if (wish.no_schedule) watching.clear_schedule();
  if (wish.quiet_hours.given()) watching.set_quiet_hours(wish.quiet_hours.text);
  if (wish.time_zone.given()) watching.set_time_zone(wish.time_zone.text);
  if (wish.remove_after_days->count() > 0) watching.set_remove_after_days(wish.days);
  if (!wish.more_mailboxes.given()) return absl::OkStatus();
  watching.clear_more_mailboxes();
  for (const absl::string_view name : absl::StrSplit(wish.more_mailboxes.text, ',')) {
    watching.add_more_mailboxes(std::string(name));
  }
  return absl::OkStatus();
}

absl::Status ShowOrChange(Session& session, const Wish& wish) {
  auto account = FindAccount(session, wish.account);
  if (!account.ok()) return account.status();
  if (absl::Status s = CheckReceives(*account); !s.ok()) return s;
  if (wish.ChangesNothing()) return PrintWatching(session, *account);
  admin::v1::SetWatchingRequest request;
  request.set_account_id(account->id());
  *request.mutable_watching() = account->watching();
  if (absl::Status s = Apply(wish, *request.mutable_watching()); !s.ok()) return s;
  auto answer = session.Call(&Stub::SetWatching, request);
  if (!answer.ok()) return answer.status();
  return PrintWatching(session, answer->account());
}

constexpr char kHelp[] =
    "Without options it shows what is set, and the next times of the schedule. An option\n"
    "replaces what it names and leaves the rest; \"\" removes it. A schedule is a scheduler\n"
    "file of JSMail; 'posternctl schedule check' looks through one. In quiet hours mail waits\n"
    "in the mailbox. JSON: {\"watching\": {...}, \"next_looks\": [...]}\n\n"
    "Examples:\n"
    "  posternctl accounts watching ann@example.org/work\n"
    "  posternctl accounts watching ann@example.org/work --schedule office.txt \\\n"
    "    --time-zone Europe/Berlin\n"
    "  posternctl accounts watching ann@example.org/work \\\n"
    "    --quiet-hours \"22:00-07:00, SA-SU 00:00-24:00\"\n"
    "  posternctl accounts watching ann@example.org/work --no-schedule --quiet-hours \"\"\n";

}  // namespace

void AddWatchingTo(const Account& account, Card& card) {
  const Watching& watching = account.watching();
  const bool imap = account.type() == admin::v1::ACCOUNT_TYPE_IMAP;
  if (imap) card.Add("more mailboxes", absl::StrJoin(watching.more_mailboxes(), ", "));
  const std::string always =
      imap ? "all the time" : absl::StrCat("every ", account.interval_minutes(), " min");
  card.Add("looked into", watching.schedule().empty() ? always : "by a schedule");
  card.Add("quiet hours", watching.quiet_hours());
  card.Add("time zone", watching.time_zone().empty() ? "UTC" : watching.time_zone());
  if (imap) return;
  const uint32_t days = watching.remove_after_days();
  card.Add("removes mail", days == 0 ? "never" : absl::StrCat("after ", days, " days"));
}

void AddWatching(Nouns& nouns, CLI::App& accounts) {
  auto wish = std::make_shared<Wish>();
  CLI::App& verb =
      nouns.AddVerb(accounts, "watching", "When, and which mailboxes are looked into", kHelp,
                    [wish](Session& session) { return ShowOrChange(session, *wish); });
  verb.add_option("ACCOUNT", wish->account, "its id, or OWNER/NAME")->required();
  const auto add = [&](Given& given, const char* name, const char* purpose, const char* value) {
    CLI::Option* option = verb.add_option(name, given.text, purpose)->option_text(value);
    given.option = option;
    return option;
  };
  CLI::Option* file =
      add(wish->schedule_file, "--schedule", "look at the times of this file alone", "FILE");
  verb.add_flag("--no-schedule", wish->no_schedule, "look all the time")->excludes(file);
  add(wish->quiet_hours, "--quiet-hours", "let mail wait at these times", "HOURS");
  add(wish->time_zone, "--time-zone", "of both, like Europe/Berlin", "ZONE [UTC]");
  add(wish->more_mailboxes, "--more-mailboxes", "IMAP: other folders, with commas", "A,B");
  wish->remove_after_days =
      verb.add_option(
              "--remove-after-days", wish->days,
              "POP3: remove mails from the server so long after they were handed on; 0: never")
          ->option_text("DAYS");
}

}  // namespace postern::posternctl
