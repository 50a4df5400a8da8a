#include "services/rules/filter/action.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/rules/code_points.h"
#include "services/rules/filter/action_reader.h"
#include "services/rules/filter/compile.h"
#include "services/rules/filter/messages.h"
#include "services/rules/filter/words.h"

namespace postern::rules::filter {
namespace {

constexpr size_t kMaxFolder = 200;

}  // namespace

Carried ActionReader::Run() {
  auto arguments = SplitArguments(line_.arguments);
  if (!arguments.ok()) {
    Fail(std::string(arguments.status().message()));
    return {};
  }
  arguments_ = *std::move(arguments);
  Take();
  return std::move(carried_);
}

void ActionReader::Fail(std::string why) {
  source_.Fail(line_.line, line_.arguments.empty() ? line_.name : line_.arguments, std::move(why));
}

Text ActionReader::TextOf(absl::string_view written, uint32_t most) {
  return ReadText(written, line_.line, rule_, most, gathered_, source_);
}

void ActionReader::Take() {
  switch (ReadDeed(line_.name)) {
    case Deed::kDelete:
      Do(Discard{});
      return TakeAway();
    case Deed::kBadQueue:
      Do(Quarantine{Text::Literal(
          absl::StrCat("the content filter's rule \"", rule_.name, "\" put it aside"))});
      return TakeAway();
    case Deed::kStripAttachments:
      carried_.takes_away = true;
      return Change({BodyChange::kStripAttachments, {}, "", nullptr});
    case Deed::kRemoveSignature:
      return Change({BodyChange::kStripSignature, {}, "", nullptr});
    case Deed::kStop:
      carried_.then = Carried::Then::kStop;
      return;
    case Deed::kSkip:
      return Skip();
    case Deed::kJump:
      return Jump();
    case Deed::kAddHeader:
      return AddField();
    case Deed::kDeleteHeader:
      return DeleteField();
    case Deed::kAppend:
      return Append();
    case Deed::kReplaceInHeader:
      return Replace(true);
    case Deed::kReplaceInBody:
      return Replace(false);
    case Deed::kCopyToFolder:
      return File(/*copy=*/true);
    case Deed::kMoveToFolder:
    case Deed::kMoveToQueue:
      return File(/*copy=*/false);
    case Deed::kRunProcess:
      return RunProcess();
    case Deed::kAddLine:
      return AddLine();
    default:
      return Send();
  }
}

void ActionReader::TakeAway() {
  carried_.takes_away = true;
  carried_.then = Carried::Then::kStop;
}

// --- where to go on ----------------------------------------------------------------

void ActionReader::Skip() {
  std::string count = Argument(0);
  if (count.empty()) {  // "skip 2 rules"
    std::copy_if(line_.name.begin(), line_.name.end(), std::back_inserter(count),
                 [](unsigned char c) { return absl::ascii_isdigit(c); });
  }
  if (!absl::SimpleAtoi(count, &carried_.skipped) || carried_.skipped > kMaxRules) {
    return Fail("how many rules are skipped is a number, like skip|2");
  }
  carried_.then = Carried::Then::kSkip;
}

void ActionReader::Jump() {
  carried_.target = Argument(0);
  if (carried_.target.empty()) return Fail("the rule to jump to is missing");
  carried_.then = Carried::Then::kJump;
}

// --- elsewhere ---------------------------------------------------------------------

void ActionReader::File(bool copy) {
  const std::string name = Argument(0);
  if (name.empty()) return Fail("the folder is missing");
  if (IsPath(name)) {
    return Lose(absl::StrCat("\"", Shorten(name, 60),
                             "\" is a place on MDaemon's machine; name a folder of the mailbox"));
  }
  if (name.size() > kMaxFolder || absl::StrContains(name, '$')) {
    return Lose("folders are named as they are, without macros");
  }
  FileInto file;
  file.mailbox = Text::Literal(absl::StrReplaceAll(name, {{"\\", "/"}}));
  file.copy = copy;
  file.create = true;
  Do(std::move(file));
  if (!copy) TakeAway();
}

void ActionReader::RunProcess() {
  const CommandLine command = ReadCommandLine(Argument(0));
  if (command.program.empty()) return Fail("the program is missing");
  if (!may_run_) return Lose("only rules of the site and of domains run programs");
  if (gathered_.program.runs >= kMaxPrograms) {
    return Fail(absl::StrCat("more than ", kMaxPrograms, " programs are run"));
  }
  const std::string rest =
      absl::StrReplaceAll(command.rest, {{"\"", ""}, {"$MESSAGEFILENAME$", ""}});
  if (!absl::StripAsciiWhitespace(rest).empty()) {
    carried_.changed = absl::StrCat("the program ", Shorten(command.program, 40),
                                    " gets the file of the mail, and no other arguments");
  }
  RunProgram run;
  run.id = gathered_.program.runs++;
  run.program = command.program;
  run.seconds = WaitSeconds(arguments_);
  SetVariable last;
  last.slot = gathered_.last_run;
  last.value = Text::Literal(absl::StrCat(run.id));
  Do(std::move(run));
  Do(std::move(last));
}

void ActionReader::AddLine() {
  const std::string file = Argument(0), text = Argument(1);
  if (text.empty()) return Fail("the line to add is missing: add line to text file|FILE,LINE");
  const size_t folder = file.find_last_of("/\\");
  Do(Note{TextOf(text), folder == file.npos ? file : file.substr(folder + 1)});
  carried_.changed = "the line goes into the log of the fetcher, with the file's name";
}

// --- messages ----------------------------------------------------------------------

void ActionReader::Send() {
  Sending sending{arguments_, {}, "", ""};
  const auto text_of = [this](absl::string_view text, uint32_t most) { return TextOf(text, most); };
  switch (ReadDeed(line_.name)) {
    case Deed::kCopyTo:
      SendCopies(sending, /*copy=*/true);
      break;
    case Deed::kRedirect:
      SendCopies(sending, /*copy=*/false);
      if (sending.lost.empty()) TakeAway();
      break;
    case Deed::kSendNote:
      SendNote(rule_.name, text_of, sending);
      break;
    case Deed::kInstantMessage:
      SendInstantMessage(text_of, sending);
      break;
    case Deed::kShortMessage:
      return Lose("there is no gateway to SMS; an instant message may do");
    case Deed::kSign:
      return Lose("mails are signed by the sender, with its own keys (--dkim-file)");
    default:
      return Lose(absl::StrCat("\"", Shorten(line_.name, 60), "\" is no action known here"));
  }
  carried_.statements = std::move(sending.statements);
  carried_.lost = std::move(sending.lost);
  carried_.changed = std::move(sending.changed);
}

Carried ReadAction(const ActionLine& line, const Rule& rule, bool may_run, Gathered& gathered,
                   Source& source) {
  return ActionReader(line, rule, may_run, gathered, source).Run();
}

}  // namespace postern::rules::filter
