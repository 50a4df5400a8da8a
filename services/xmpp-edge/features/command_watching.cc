// Ours: "postern#watching", when and in which folders of an account to look for mail.
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "lib/rpc/unary.h"
#include "lib/schedule/schedule.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/texts/registration.h"
#include "services/xmpp-edge/texts/watching.h"
#include "services/xmpp-edge/watching_text.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Watching;

constexpr auto kPatience = std::chrono::seconds(10);
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

// XEP-0004 section 3.3, "text-multi": a value for each line.
std::vector<std::string> LinesOf(absl::string_view text) {
  if (text.empty()) return {};
  const std::string unix_lines = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  return absl::StrSplit(absl::StripTrailingAsciiWhitespace(unix_lines), '\n');
}

FormField Field(const char* var, std::string label, std::string value) {
  FormField field;
  field.var = var;
  field.type = "text-single";
  field.label = std::move(label);
  field.value = std::move(value);
  return field;
}

FormField Lines(const char* var, std::string label, std::vector<std::string> lines) {
  FormField field = Field(var, std::move(label), "");
  field.type = "text-multi";
  field.values = std::move(lines);
  return field;
}

DataForm Form(const admin::v1::Account& account, const Words& words) {
  const Watching& watching = account.watching();
  DataForm form;
  form.title = texts::WhenMailIsFetched(words);
  form.instructions =
      IsImap(account) ? texts::WatchingInstructions(words) : texts::Pop3WatchingInstructions(words);
  form.fields.push_back(
      Lines(kSchedule, texts::LabelSchedule(words), LinesOf(watching.schedule())));
  form.fields.push_back(Field(kQuietHours, texts::LabelQuietHours(words), watching.quiet_hours()));
  form.fields.push_back(Field(kTimeZone, texts::LabelTimeZone(words), watching.time_zone()));
  if (IsImap(account)) {
    const auto& others = watching.more_mailboxes();
    form.fields.push_back(Lines(kMoreMailboxes, texts::LabelMoreMailboxes(words),
                                std::vector<std::string>(others.begin(), others.end())));
  } else {
    form.fields.push_back(Field(kRemoveAfterDays, texts::LabelRemoveAfterDays(words),
                                absl::StrCat(watching.remove_after_days())));
  }
  return form;
}

size_t SizeOf(const std::vector<std::string>& lines) {
  size_t size = 0;
  for (const std::string& line : lines) size += line.size() + 1;
  return size;
}

// What was typed, in its place: nothing of it is to be typed twice. As much as could be stored.
void FillInAll(const FieldValues& submitted, DataForm& form) {
  size_t room = kMostKept;
  for (FormField& field : form.fields) {
    const auto found = submitted.find(field.var);
    if (found == submitted.end() || SizeOf(found->second) > room) continue;
    room -= SizeOf(found->second);
    if (field.type == "text-multi") {
      field.values = found->second;
    } else {
      field.value = found->second.empty() ? "" : found->second.front();
    }
  }
}

// The form's fields over what held before: one that a client leaves out stays as it is.
absl::StatusOr<Watching> ReadForm(const FieldValues& form, Watching watching) {
  const auto given = [&form](const char* var) -> const std::vector<std::string>* {
    const auto found = form.find(var);
    return found == form.end() ? nullptr : &found->second;
  };
  const auto text = [](const std::vector<std::string>& lines) {
    return absl::StrJoin(lines, "\n");
  };
  if (const auto* lines = given(kSchedule)) watching.set_schedule(text(*lines));
  if (const auto* hours = given(kQuietHours)) watching.set_quiet_hours(text(*hours));
  if (const auto* zone = given(kTimeZone)) watching.set_time_zone(text(*zone));
  if (const auto* others = given(kMoreMailboxes)) {
    watching.clear_more_mailboxes();
    for (const std::string& other : *others) watching.add_more_mailboxes(other);
  }
  const auto* days = given(kRemoveAfterDays);
  if (days == nullptr) return watching;
  const std::string number(absl::StripAsciiWhitespace(text(*days)));
  uint32_t count = 0;
  if (!number.empty() && !absl::SimpleAtoi(number, &count)) {
    return words::Error(absl::StatusCode::kInvalidArgument, texts::MustBeDays(), kRemoveAfterDays);
  }
  watching.set_remove_after_days(count);
  return watching;
}

std::string LabelOf(const DataForm& form, absl::string_view var) {
  for (const FormField& field : form.fields) {
    if (field.var == var) return field.label;
  }
  return "";
}

// "schedule: 3:4: must be …", in the user's language.
std::string ProblemOf(const DataForm& form, const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  const std::vector<std::string> parts = absl::StrSplit(std::string(why.message()), ": ");
  const std::string label = LabelOf(form, parts.front());
  if (!wording || label.empty()) return words.Say(why);
  const std::string reason = words.Say(*wording);
  const std::pair<std::string, std::string> place =
      absl::StrSplit(parts.size() > 1 ? parts[1] : "", absl::MaxSplits(':', 1));
  size_t line = 0, column = 0;
  const bool has_line = parts.front() == kSchedule && absl::SimpleAtoi(place.first, &line) &&
                        absl::SimpleAtoi(place.second, &column);
  return has_line ? texts::LineError(words, parts.front(), place.first, reason)
                  : texts::FieldError(words, parts.front(), label, reason);
}

net::Task<absl::StatusOr<admin::v1::Account>> Store(FeatureContext context, std::string user,
                                                    AccountDirectory::Account account,
                                                    Watching watching) {
  admin::v1::SetWatchingRequest request;
  request.set_account_id(account->id());
  request.set_owner(user);
  *request.mutable_watching() = std::move(watching);
  auto answer = co_await rpc::Call(
      context.admin.async(), &admin::v1::AdminService::StubInterface::async_interface::SetWatching,
      std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  // Ahead of the news from admin.
  admin::v1::Account changed = *account;
  changed.clear_watching();
  if (answer->account().has_watching()) {
    *changed.mutable_watching() = answer->account().watching();
  }
  changed.set_settings_revision(answer->account().settings_revision());
  context.directory.Apply(changed);
  co_return changed;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> EditWatching(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const AccountDirectory::Account account = step.place.account;
  DataForm form = Form(*account, words);
  if (step.number == 0 || !step.form) {
    co_return CommandReply::Ask(std::move(form), CommandState());
  }
  FillInAll(*step.form, form);
  auto watching = ReadForm(*step.form, account->watching());
  absl::Status why = watching.status();
  if (watching.ok()) {
    auto stored = co_await Store(context, step.user.Bare(), account, *std::move(watching));
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
