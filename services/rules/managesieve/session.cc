#include "services/rules/managesieve/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/patience.h"

namespace postern::rules::managesieve {
namespace {

using std::chrono::steady_clock;

constexpr int kMostMistakes = 20;          // of a session
constexpr size_t kBeforeLogin = 8 * 1024;  // bytes of literals: a login has no more
constexpr size_t kPiece = 64 * 1024;
constexpr size_t kCounted = 4 * 1024;  // literals from this size on count against Limits
constexpr size_t kMostNameTold = 40;

}  // namespace

net::Task<void> Session::Run() {
  login_by_ = steady_clock::now() + waits_.login;
  const Reply greeting = Ok("ManageSieve of Postern is ready.");
  co_await Send(absl::StrCat(Capabilities(), ToText(greeting)));
  while (!over_) {
    co_await ServeNext();
    co_await net::Yield();  // a client that sends without a pause is not alone here
  }
}

net::Task<void> Session::ServeNext() {
  held_.clear();
  auto command = co_await Read(CommandReader::Mode::kCommand);
  Answer answer;
  if (command.ok()) {
    answer = co_await Serve(*std::move(command));
  } else {
    answer = Object(command.status());
  }
  if (over_ && answer.reply.result == Reply::Result::kNo) co_return;  // the client is gone
  if (answer.reply.result == Reply::Result::kBye) over_ = true;
  co_await Send(absl::StrCat(answer.lines, ToText(answer.reply)));
}

// --- reading and writing ----------------------------------------------------------------

net::Duration Session::Patience() const {
  if (!user_.empty()) return waits_.idle;
  return std::max(login_by_ - steady_clock::now(), net::Duration::zero());
}

net::Task<absl::StatusOr<Command>> Session::Read(CommandReader::Mode mode) {
  // Somewhat more than a script may have, for its name and to say what is wrong with it.
  const size_t most = user_.empty() ? kBeforeLogin : options_.script_bytes + kBeforeLogin;
  CommandReader reader(mode, most);
  while (!reader.whole()) {
    absl::Status read;
    if (reader.due()) {
      read = co_await ReadLiteral(reader);
    } else {
      read = co_await ReadLine(reader);
    }
    if (!read.ok()) co_return read;
  }
  co_return reader.Finish();
}

net::Task<absl::Status> Session::ReadLine(CommandReader& reader) {
  auto line = co_await net::WithDeadline(Patience(), stream_.ReadPiece(CommandReader::kMostLine));
  if (!line.ok()) co_return line.status();
  if (!line->ends_line)
    co_return absl::DataLossError(
        absl::StrCat("a line has ", CommandReader::kMostLine, " bytes at most"));
  const absl::Status taken = reader.TakeLine(line->bytes);
  crypto::Wipe(line->bytes);  // it may be a password's
  if (!taken.ok()) co_return taken;
  // Before a login it is less than is worth counting.
  if (user_.empty() || reader.kept() < kCounted) co_return absl::OkStatus();
  held_.push_back(limits_.Hold(reader.kept()));
  if (held_.back()) co_return absl::OkStatus();
  co_return absl::ResourceExhaustedError("");
}

net::Task<absl::Status> Session::ReadLiteral(CommandReader& reader) {
  const net::Duration wait = std::min(Patience(), waits_.piece);
  const size_t count = std::min(*reader.due(), kPiece);
  auto bytes = co_await net::WithDeadline(wait, stream_.ReadExactly(count));
  if (!bytes.ok()) co_return bytes.status();
  reader.TakeLiteral(*bytes);
  crypto::Wipe(*bytes);
  co_return absl::OkStatus();
}

net::Task<void> Session::Send(std::string text) {
  const absl::Status sent =
      co_await net::WithDeadline(waits_.piece, stream_.Write(std::move(text)));
  if (!sent.ok()) over_ = true;
}

Session::Answer Session::Object(const absl::Status& status) {
  const std::string what(status.message());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      if (++mistakes_ > kMostMistakes) return {Bye("", "There were too many mistakes."), ""};
      return {No("", absl::StrCat("This is not understood: ", what, ".")), ""};
    case absl::StatusCode::kResourceExhausted:
      if (what.empty()) return {Bye("TRYLATER", "Too much is going on; try again later."), ""};
      return {No("QUOTA/MAXSIZE",
                 absl::StrCat("A script has ", options_.script_bytes / 1024, " KiB at most.")),
              ""};
    case absl::StatusCode::kDataLoss:
      return {Bye("", absl::StrCat("This can't be read: ", what, ".")), ""};
    case absl::StatusCode::kDeadlineExceeded:
      return {Bye("", "Nothing has come for too long."), ""};
    default:
      over_ = true;
      return {No("", ""), ""};
  }
}

// --- commands -----------------------------------------------------------------------------

const Session::Row* Session::Find(absl::string_view name) {
  static constexpr Row kRows[] = {
      {"AUTHENTICATE", "so", When::kLoggedOut, &Session::Authenticate},
      {"CAPABILITY", "", When::kAlways, &Session::Capability},
      {"CHECKSCRIPT", "s", When::kLoggedIn, &Session::CheckScript},
      {"DELETESCRIPT", "s", When::kLoggedIn, &Session::DeleteScript},
      {"GETSCRIPT", "s", When::kLoggedIn, &Session::GetScript},
      {"HAVESPACE", "sn", When::kLoggedIn, &Session::HaveSpace},
      {"LISTSCRIPTS", "", When::kLoggedIn, &Session::ListScripts},
      {"LOGOUT", "", When::kAlways, &Session::Logout},
      {"NOOP", "o", When::kAlways, &Session::Noop},
      {"PUTSCRIPT", "ss", When::kLoggedIn, &Session::PutScript},
      {"RENAMESCRIPT", "ss", When::kLoggedIn, &Session::RenameScript},
      {"SETACTIVE", "s", When::kLoggedIn, &Session::SetActive},
      {"STARTTLS", "", When::kLoggedOut, &Session::StartTls},
      {"UNAUTHENTICATE", "", When::kLoggedIn, &Session::Unauthenticate},
  };
  for (const Row& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool Session::Fit(absl::string_view pattern, const std::vector<Argument>& arguments) {
  const size_t least = pattern.size() - (absl::EndsWith(pattern, "o") ? 1 : 0);
  if (arguments.size() < least || arguments.size() > pattern.size()) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].number.has_value() != (pattern[i] == 'n')) return false;
  }
  return true;
}

net::Task<Session::Answer> Session::Serve(Command command) {
  const Row* const row = Find(command.name);
  if (row == nullptr) {
    const std::string name = command.name.substr(0, kMostNameTold);
    co_return Object(absl::InvalidArgumentError(absl::StrCat("there is no command ", name)));
  }
  if (row->when == When::kLoggedIn && user_.empty())
    co_return Answer{No("", "Log in first, by AUTHENTICATE."), ""};
  if (row->when == When::kLoggedOut && !user_.empty())
    co_return Answer{No("", absl::StrCat("You are logged in as ", user_, " already.")), ""};
  if (!Fit(row->arguments, command.arguments))
    co_return Object(
        absl::InvalidArgumentError(absl::StrCat(command.name, " takes other arguments")));
  if (row->when == When::kLoggedIn) {
    const bool welcome = co_await IsStillWelcome();
    if (!welcome) co_return Answer{Bye("", "Your password is void now; log in anew."), ""};
  }
  co_return co_await (this->*row->serve)(command);
}

std::string Session::Capabilities() const {
  Standing standing;
  standing.start_tls = options_.start_tls && !stream_.IsEncrypted() && user_.empty();
  standing.may_log_in = MayLogIn();
  standing.owner = user_;
  return WriteCapabilities(options_.offer, standing);
}

net::Task<Session::Answer> Session::Capability(Command&) { co_return Answer{Ok(), Capabilities()}; }

net::Task<Session::Answer> Session::Logout(Command&) {
  over_ = true;
  co_return Answer{Ok("Until next time."), ""};
}

net::Task<Session::Answer> Session::Noop(Command& command) {
  Answer answer{Ok("Done."), ""};
  if (!command.arguments.empty())
    answer.reply.code = absl::StrCat("TAG ", Quote(command.arguments[0].str()));
  co_return answer;
}

net::Task<Session::Answer> Session::StartTls(Command&) {
  if (stream_.IsEncrypted()) co_return Answer{No("", "TLS is in force already."), ""};
  if (!options_.start_tls) co_return Answer{No("", "This server has no certificate."), ""};
  const Reply begin = Ok("Begin with TLS now.");
  co_await Send(ToText(begin));
  if (over_) co_return Answer{No("", ""), ""};
  const absl::Status begun =
      co_await net::WithDeadline(Patience(), stream_.StartTls(options_.address));
  if (!begun.ok()) {
    over_ = true;  // neither side knows any more what the other would take for what
    co_return Answer{No("", ""), ""};
  }
  // What came in the clear counts for nothing.
  mistakes_ = failures_ = 0;
  co_return Answer{Ok("TLS is in force."), Capabilities()};
}

}  // namespace postern::rules::managesieve
