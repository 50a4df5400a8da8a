// Ours: "postern#watching", when and in which folders of an account to look for mail.
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/schedule/schedule.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/settings_form.h"
#include "services/xmpp-edge/texts/watching.h"
#include "services/xmpp-edge/watching_settings.h"
#include "services/xmpp-edge/watching_text.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Watching;

// Of a form that is asked once more: it lies in Redis meanwhile.
constexpr size_t kMostKept = schedule::kMaxScheduleBytes + 8 * 1024;

// Fields are named as in the proto: what admin finds wrong is told of them.
constexpr char kSchedule[] = "schedule";
constexpr char kQuietHours[] = "quiet_hours";
constexpr char kTimeZone[] = "time_zone";
constexpr char kMoreMailboxes[] = "more_mailboxes";
constexpr char kRemoveAfterDays[] = "remove_after_days";

bool IsImap(const admin::v1::Account& account) {
  return account.type() == admin::v1::ACCOUNT_TYPE_IMAP;
}

DataForm Form(const admin::v1::Account& account, const Words& words) {
  const Watching& watching = account.watching();
  DataForm form;
  form.title = texts::WhenMailIsFetched(words);
  form.instructions =
      IsImap(account) ? texts::WatchingInstructions(words) : texts::Pop3WatchingInstructions(words);
  form.fields.push_back(
      LinesField(kSchedule, texts::LabelSchedule(words), LinesOf(watching.schedule())));
  form.fields.push_back(
      TextField(kQuietHours, texts::LabelQuietHours(words), watching.quiet_hours()));
  form.fields.push_back(TextField(kTimeZone, texts::LabelTimeZone(words), watching.time_zone()));
  if (IsImap(account)) {
    const auto& others = watching.more_mailboxes();
    form.fields.push_back(LinesField(kMoreMailboxes, texts::LabelMoreMailboxes(words),
                                     std::vector<std::string>(others.begin(), others.end())));
  } else {
    form.fields.push_back(TextField(kRemoveAfterDays, texts::LabelRemoveAfterDays(words),
                                    absl::StrCat(watching.remove_after_days())));
  }
  return form;
}

// The form's fields over what held before: one that a client leaves out stays as it is.
absl::StatusOr<Watching> ReadForm(const FieldValues& form, Watching watching) {
  if (const auto schedule = TextOf(form, kSchedule)) watching.set_schedule(*schedule);
  if (const auto hours = TextOf(form, kQuietHours)) watching.set_quiet_hours(*hours);
  if (const auto zone = TextOf(form, kTimeZone)) watching.set_time_zone(*zone);
  if (const auto others = form.find(kMoreMailboxes); others != form.end()) {
    watching.clear_more_mailboxes();
    for (const std::string& other : others->second) watching.add_more_mailboxes(other);
  }
  const auto days = TextOf(form, kRemoveAfterDays);
  if (!days) return watching;
  const std::string number(absl::StripAsciiWhitespace(*days));
  uint32_t count = 0;
  if (!number.empty() && !absl::SimpleAtoi(number, &count)) {
    return words::Error(absl::StatusCode::kInvalidArgument, texts::MustBeDays(), kRemoveAfterDays);
  }
  watching.set_remove_after_days(count);
  return watching;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> EditWatching(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const AccountDirectory::Account account = step.place.account;
  DataForm form = Form(*account, words);
  if (step.number == 0 || !step.form) {
    co_return CommandReply::Ask(std::move(form), CommandState());
  }
  FillInAll(*step.form, kMostKept, form);
  auto watching = ReadForm(*step.form, account->watching());
  absl::Status why = watching.status();
  if (watching.ok()) {
    auto stored = co_await StoreWatching(context, step.user.Bare(), account, *std::move(watching));
    if (stored.ok()) {
      co_return CommandReply::Note(absl::StrCat(texts::WatchingStored(words), " ",
                                                WatchingText(*stored, absl::Now(), words)));
    }
    why = stored.status();
  }
  if (!absl::IsInvalidArgument(why)) co_return why;
  const std::string problem = ProblemOf(form, why, words);
  co_return CommandReply::AskAgain(std::move(form), CommandState(), problem);
}

}  // namespace postern::xmpp_edge
