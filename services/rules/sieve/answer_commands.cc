#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/rules/sieve/commands.h"
#include "services/rules/sieve/constants.h"
#include "services/rules/sieve/reading.h"

// Whom is told of a mail.
namespace postern::rules::sieve {
namespace {

constexpr uint64_t kDay = 24 * 3600;
// Section 5.1 of the rules reference; who asks for less by the second gets a minute at least.
constexpr uint64_t kMaxPeriod = 60 * kDay;
constexpr uint64_t kMinPeriod = 60;
constexpr uint64_t kMaxRunSeconds = 60;

// :days or :seconds, within our limits.
uint64_t ReadPeriod(Scope& scope, const Arguments& arguments, uint64_t otherwise) {
  const Argument* days = arguments.Value("days");
  const Argument* seconds = arguments.Value("seconds");
  if (days == nullptr && seconds == nullptr) return otherwise;
  const Argument& said = days != nullptr ? *days : *seconds;
  const uint64_t unit = days != nullptr ? kDay : 1;
  const uint64_t least = days != nullptr ? kDay : kMinPeriod;
  const uint64_t asked = std::min(said.number, kMaxPeriod) * unit;
  const uint64_t period = std::clamp(asked, least, kMaxPeriod);
  if (said.number > kMaxPeriod / unit || period != asked)
    scope.Warn(said.at, absl::StrCat("the ", arguments.name, " takes ", least / unit, " to ",
                                     kMaxPeriod / unit, days != nullptr ? " days" : " seconds",
                                     "; ", period / unit, " is what counts"));
  return period;
}

// vacation [:days <n> / :seconds <n>] [:subject <text>] [:from <address>] [:addresses <addresses>]
//          [:mime] [:handle <text>] [:fcc <mailbox>] <reason>
void MakeVacation(Scope& scope, const Arguments& arguments) {
  Vacation vacation;
  auto reason = TextAt(scope, arguments, 0);
  if (!reason || !ReadText(scope, arguments, "subject", vacation.subject) ||
      !ReadText(scope, arguments, "from", vacation.from) ||
      !ReadText(scope, arguments, "handle", vacation.handle) ||
      !ReadText(scope, arguments, "fcc", vacation.fcc) ||
      !ReadTexts(scope, arguments, "addresses", vacation.addresses))
    return;
  if (vacation.from && !CheckAddress(scope, *vacation.from, arguments.Value("from")->at, false))
    return;
  for (Text& address : vacation.addresses)
    if (!CheckAddress(scope, address, arguments.Value("addresses")->at, true)) return;
  if (vacation.fcc && !CheckMailbox(scope, *vacation.fcc, arguments.Value("fcc")->at)) return;
  vacation.reason = *std::move(reason);
  vacation.seconds = ReadPeriod(scope, arguments, vacation.seconds);
  vacation.mime = arguments.Has("mime");
  scope.Do(std::move(vacation), arguments.at);
}

// notify [:from <text>] [:importance "1" / "2" / "3"] [:options <texts>] [:message <text>]
//        [:fcc <mailbox>] <method>
void MakeNotify(Scope& scope, const Arguments& arguments) {
  Notify notify;
  auto method = TextAt(scope, arguments, 0);
  if (!method || !CheckNotifyMethod(scope, *method, arguments.At(0).at)) return;
  if (!ReadText(scope, arguments, "from", notify.from) ||
      !ReadText(scope, arguments, "message", notify.message) ||
      !ReadText(scope, arguments, "fcc", notify.fcc) ||
      !ReadTexts(scope, arguments, "options", notify.options))
    return;
  if (!notify.options.empty() &&
      !CheckNotifyOptions(scope, notify.options, arguments.Value("options")->at))
    return;
  if (notify.fcc && !CheckMailbox(scope, *notify.fcc, arguments.Value("fcc")->at)) return;
  if (notify.from && !CheckAddress(scope, *notify.from, arguments.Value("from")->at, false)) return;
  if (const Argument* said = arguments.Value("importance")) {
    const auto importance = scope.MakeConstant(*said, "the importance");
    if (!importance) return;
    if (*importance != "1" && *importance != "2" && *importance != "3") {
      scope.Error(said->at, "':importance' is \"1\" (high), \"2\" or \"3\" (low)");
      return;
    }
    notify.importance = importance->front();
  }
  notify.method = *std::move(method);
  scope.Do(std::move(notify), arguments.at);
}

// reply [:handle <text>] [:days <n> / :seconds <n>] [:file <name>] [<text>]: ours
void MakeReply(Scope& scope, const Arguments& arguments) {
  Reply reply;
  if (const Argument* handle = arguments.Value("handle")) {
    const auto text = scope.MakeConstant(*handle, "the handle of reply");
    if (!text) return;
    reply.handle = *text;
  }
  if (const Argument* file = arguments.Value("file")) {
    const auto name = scope.MakeConstant(*file, "the file of reply");
    if (!name) return;
    if (!scope.all().options.operator_rule) {
      scope.Error(file->at,
                  "only an operator's rules may answer with a file; write the text itself");
      return;
    }
    reply.file_name = *name;
  }
  if (arguments.HasPlace(0)) {
    auto text = TextAt(scope, arguments, 0);
    if (!text) return;
    reply.text = *std::move(text);
  } else if (reply.file_name.empty()) {
    scope.Error(arguments.at, "the reply command needs the text that is answered");
    return;
  }
  reply.seconds = ReadPeriod(scope, arguments, reply.seconds);
  scope.Do(std::move(reply), arguments.at);
}

// exec [:seconds <n>] <program>: ours, of operators' rules
void MakeExec(Scope& scope, const Arguments& arguments) {
  const auto program = scope.MakeConstant(arguments.At(0), "the program of exec");
  if (!program) return;
  RunProgram run;
  if (const Argument* seconds = arguments.Value("seconds")) {
    if (seconds->number == 0 || seconds->number > kMaxRunSeconds) {
      scope.Error(seconds->at,
                  absl::StrCat("a program may run for 1 to ", kMaxRunSeconds, " seconds"));
      return;
    }
    run.seconds = static_cast<uint32_t>(seconds->number);
  }
  run.id = scope.program().runs++;
  run.program = *program;
  scope.program().needs_message = true;
  scope.Do(std::move(run), arguments.at);
}

// log [:file <name>] <text>: ours
void MakeLog(Scope& scope, const Arguments& arguments) {
  Note note;
  auto text = TextAt(scope, arguments, 0);
  if (!text) return;
  if (const Argument* file = arguments.Value("file")) {
    const auto name = scope.MakeConstant(*file, "the file of log");
    if (!name) return;
    if (!scope.all().options.operator_rule) {
      scope.Error(file->at,
                  "only an operator's rules may name a file to log to; leave ':file' out");
      return;
    }
    note.file_name = *name;
  }
  note.text = *std::move(text);
  scope.Do(std::move(note), arguments.at);
}

// error <message>
void MakeError(Scope& scope, const Arguments& arguments) {
  auto message = TextAt(scope, arguments, 0);
  if (message) scope.Do(Fail{*std::move(message)}, arguments.at);
}

}  // namespace

std::vector<CommandRow> AnswerCommands() {
  constexpr absl::string_view kPeriod = "period";
  const Tag fcc = {"fcc", Shape::kString, "fcc"};
  const Tag days = {"days", Shape::kNumber, "", kPeriod};
  return {
      {{"vacation",
        "vacation",
        0,
        {days,
         {"seconds", Shape::kNumber, "vacation-seconds", kPeriod},
         {"subject", Shape::kString},
         {"from", Shape::kString},
         {"addresses", Shape::kStrings},
         {"mime"},
         {"handle", Shape::kString},
         fcc},
        {{Shape::kString, "reason"}}},
       MakeVacation},
      {{"notify",
        "enotify",
        0,
        {{"from", Shape::kString},
         {"importance", Shape::kString},
         {"options", Shape::kStrings},
         {"message", Shape::kString},
         fcc},
        {{Shape::kString, "method"}}},
       MakeNotify},
      {{"reply",
        "vnd.postern.reply",
        0,
        {days,
         {"seconds", Shape::kNumber, "", kPeriod},
         {"handle", Shape::kString},
         {"file", Shape::kString}},
        {{Shape::kString, "text"}},
        Signature::Optional::kLast},
       MakeReply},
      {{"exec",
        "vnd.postern.exec",
        0,
        {{"seconds", Shape::kNumber}},
        {{Shape::kString, "program"}},
        Signature::Optional::kNone,
        true},
       MakeExec},
      {{"log", "vnd.postern.log", 0, {{"file", Shape::kString}}, {{Shape::kString, "text"}}},
       MakeLog},
      {{"error", "ihave", 0, {}, {{Shape::kString, "message"}}}, MakeError},
  };
}

const CommandRow* FindCommandRow(absl::string_view name) {
  static const auto& rows = *[] {
    auto* all = new std::vector<CommandRow>(DeliveryCommands());
    for (CommandRow& row : AnswerCommands()) all->push_back(std::move(row));
    for (CommandRow& row : ChangeCommands()) all->push_back(std::move(row));
    return all;
  }();
  for (const CommandRow& row : rows)
    if (row.signature.name == name) return &row;
  return nullptr;
}

}  // namespace postern::rules::sieve
