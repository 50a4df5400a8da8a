// The commands of a Session that see to scripts.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/utf8.h"
#include "services/rules/managesieve/script_name.h"
#include "services/rules/managesieve/session.h"

namespace postern::rules::managesieve {
namespace {

constexpr size_t kMostWarned = 900;  // bytes, so that they can be quoted

// In one line: sieve-connect takes an OK with a literal for a refusal, sievelib what is in it for
// the next answer.
Reply OkBut(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return Ok();
  std::string line = mail::CleanLine(absl::StrJoin(warnings, "; "));
  if (line.size() > kMostWarned) line = absl::StrCat(mail::CutUtf8(line, kMostWarned), " …");
  Reply reply = Ok(std::move(line));
  reply.code = "WARNINGS";
  return reply;
}

Reply NoSpace(Room room, size_t script_bytes) {
  if (room == Room::kTooManyScripts)
    return No("QUOTA/MAXSCRIPTS", "You have as many scripts as you may; delete one first.");
  return No("QUOTA/MAXSIZE",
            absl::StrCat("A script has ", script_bytes / 1024,
                         " KiB at most, and all of yours together have a limit, too."));
}

// What became of a change, for the client. RFC 5804 section 1.3.
Reply ReplyTo(const absl::Status& status) {
  const std::string text(status.message());
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Ok();
    case absl::StatusCode::kNotFound:
      return No("NONEXISTENT", "There is no script of that name.");
    case absl::StatusCode::kAlreadyExists:
      return No("ALREADYEXISTS", "There is a script of that name already.");
    case absl::StatusCode::kFailedPrecondition:
      return No("ACTIVE", text);
    case absl::StatusCode::kInvalidArgument:
      return No("", text);
    case absl::StatusCode::kResourceExhausted:
      return No("QUOTA", text);
    default:
      return No("TRYLATER", "This can't be done at the moment; try again later.");
  }
}

}  // namespace

net::Task<Session::Answer> Session::HaveSpace(Command& command) {
  const auto name = ReadScriptName(command.arguments[0].str());
  if (!name.ok()) co_return Answer{ReplyTo(name.status()), ""};
  const Room room = storage_.RoomFor(user_, *name, *command.arguments[1].number);
  if (room == Room::kEnough) co_return Answer{Ok(), ""};
  co_return Answer{NoSpace(room, options_.script_bytes), ""};
}

net::Task<Session::Answer> Session::PutScript(Command& command) {
  auto name = ReadScriptName(command.arguments[0].str());
  if (!name.ok()) co_return Answer{ReplyTo(name.status()), ""};
  const std::string& source = command.arguments[1].str();
  const Room room = storage_.RoomFor(user_, *name, source.size());
  if (room != Room::kEnough) co_return Answer{NoSpace(room, options_.script_bytes), ""};
  co_return co_await Store(*std::move(name), source);
}

net::Task<Session::Answer> Session::CheckScript(Command& command) {
  co_return co_await Store("", command.arguments[0].str());
}

net::Task<Session::Answer> Session::Store(std::string name, std::string source) {
  if (source.empty()) co_return Answer{No("", "The script is empty."), ""};
  if (source.size() > options_.script_bytes)
    co_return Answer{NoSpace(Room::kTooLarge, options_.script_bytes), ""};
  if (!mail::IsUtf8(source) || source.find('\0') != source.npos)
    co_return Answer{No("", "The script is not UTF-8."), ""};
  auto warnings = co_await net::WithDeadline(
      waits_.storage, storage_.Put(user_, std::move(name), std::move(source)));
  if (!warnings.ok()) co_return Answer{ReplyTo(warnings.status()), ""};
  co_return Answer{OkBut(*warnings), ""};
}

net::Task<Session::Answer> Session::ListScripts(Command&) {
  Answer answer{Ok(), ""};
  for (const ListedScript& script : storage_.List(user_)) {
    absl::StrAppend(&answer.lines, Quote(script.name), script.active ? " ACTIVE" : "", "\r\n");
    if (script.suspended)
      answer.reply.text = absl::StrCat(
          script.name, " failed too often and does not run; change it, or set it active again.");
  }
  co_return answer;
}

net::Task<Session::Answer> Session::SetActive(Command& command) {
  std::string name;
  if (!command.arguments[0].str().empty()) {
    auto read = ReadScriptName(command.arguments[0].str());
    if (!read.ok()) co_return Answer{ReplyTo(read.status()), ""};
    name = *std::move(read);
  }
  const absl::Status done =
      co_await net::WithDeadline(waits_.storage, storage_.Activate(user_, std::move(name)));
  co_return Answer{ReplyTo(done), ""};
}

net::Task<Session::Answer> Session::GetScript(Command& command) {
  const auto name = ReadScriptName(command.arguments[0].str());
  if (!name.ok()) co_return Answer{ReplyTo(name.status()), ""};
  const auto source = storage_.Get(user_, *name);
  if (!source.ok()) co_return Answer{ReplyTo(source.status()), ""};
  co_return Answer{Ok(), absl::StrCat(Literal(*source), "\r\n")};
}

net::Task<Session::Answer> Session::DeleteScript(Command& command) {
  auto name = ReadScriptName(command.arguments[0].str());
  if (!name.ok()) co_return Answer{ReplyTo(name.status()), ""};
  const absl::Status done =
      co_await net::WithDeadline(waits_.storage, storage_.Remove(user_, *std::move(name)));
  co_return Answer{ReplyTo(done), ""};
}

net::Task<Session::Answer> Session::RenameScript(Command& command) {
  auto name = ReadScriptName(command.arguments[0].str());
  if (!name.ok()) co_return Answer{ReplyTo(name.status()), ""};
  auto new_name = ReadScriptName(command.arguments[1].str());
  if (!new_name.ok()) co_return Answer{ReplyTo(new_name.status()), ""};
  const absl::Status done = co_await net::WithDeadline(
      waits_.storage, storage_.Rename(user_, *std::move(name), *std::move(new_name)));
  co_return Answer{ReplyTo(done), ""};
}

}  // namespace postern::rules::managesieve
