#include "services/fetcher/imap/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/deadline.h"
#include "services/fetcher/imap/uid_set.h"

namespace postern::fetcher::imap {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kAnswerLimit{60};  // for each line
// Others get their turn while a long answer is there to be read.
constexpr std::chrono::microseconds kTurn{200};
// A literal may be slow, but not slower than this.
constexpr size_t kSlowestBytesPerSecond = 1024;
// A mailbox of a million messages answers a UID FETCH with as many lines; a
// server that never ends is another matter.
constexpr int kMaxUntagged = 2'000'000;

constexpr size_t kMaxRefusal = 300;
constexpr size_t kMaxServerName = 1000;

// "Not now" as against "never"; RFC 5530, and what Gmail and Yahoo say.
bool IsTemporary(const Response& answer) {
  return answer.code == "UNAVAILABLE" || answer.code == "INUSE" || answer.code == "LIMIT" ||
         answer.code == "SERVERBUG" || answer.code == "CONTACTADMIN" ||
         answer.code == "OVERQUOTA" || answer.code == "THROTTLED";
}

}  // namespace

// --- reading and writing ------------------------------------------------------

net::Task<absl::StatusOr<std::string>> Session::ReadLine() {
  // Most lines are there already, and a coroutine costs more than they do.
  auto at_hand = stream_.LineAtHand();
  if (!at_hand.ok()) co_return at_hand.status();
  if (at_hand->has_value()) co_return **std::move(at_hand);
  patience_.Allow(kAnswerLimit);
  co_return co_await stream_.ReadLine();
}

net::Task<absl::StatusOr<Response>> Session::ReadGreeting() {
  co_return co_await net::WithPatience(patience_, kAnswerLimit, ReadResponse());
}

// May be cancelled at any wait: the assembler keeps what has come.
net::Task<absl::StatusOr<Response>> Session::ReadResponse() {
  for (;;) {
    if (assembler_.due()) {
      const size_t size = *assembler_.due();
      patience_.Allow(kAnswerLimit + seconds(size / kSlowestBytesPerSecond));
      auto literal = co_await stream_.ReadExactly(size);
      if (!literal.ok()) co_return literal.status();
      assembler_.TakeLiteral(*literal);
    }
    auto line = co_await ReadLine();
    if (!line.ok()) co_return line.status();
    auto due = assembler_.TakeLine(*line);
    if (!due.ok()) co_return due.status();
    if (!due->has_value()) co_return ParseResponse(assembler_.Finish());
  }
}

net::Task<absl::Status> Session::Send(const std::string& bytes) {
  co_return co_await net::WithDeadline(kAnswerLimit, stream_.WriteSecret(bytes));
}

net::Task<absl::StatusOr<Response>> Session::ReadTagged(const std::string& tag) {
  co_return co_await net::WithPatience(patience_, kAnswerLimit, ReadUntil(tag));
}

net::Task<absl::StatusOr<Response>> Session::ReadUntil(const std::string& tag) {
  auto turn_began = steady_clock::now();
  for (int i = 0; i < kMaxUntagged; ++i) {
    if (steady_clock::now() - turn_began > kTurn) {
      co_await net::Yield();
      turn_began = steady_clock::now();
    }
    auto response = co_await ReadResponse();
    if (!response.ok()) co_return response.status();
    if (response->kind == Response::Kind::kContinuation) co_return response;
    if (response->kind == Response::Kind::kTagged) {
      if (response->tag != tag) co_return absl::DataLossError("imap: an answer to no question");
      AbsorbStatus(*response);
      co_return response;
    }
    if (absl::Status s = Absorb(*std::move(response)); !s.ok()) co_return s;
  }
  co_return absl::DataLossError("imap: the server's answer never ends");
}

net::Task<absl::StatusOr<Response>> Session::Execute(const Command& command) {
  const std::string tag = absl::StrCat("A", next_tag_++);
  std::string prefix = absl::StrCat(done_due_ ? "DONE\r\n" : "", tag, " ");
  absl::StatusOr<Response> answer = absl::InternalError("imap: an empty command");
  for (size_t i = 0; i < command.pieces().size(); ++i) {
    const crypto::Secret bytes = crypto::Join({prefix, command.pieces()[i], "\r\n"});
    if (absl::Status s = co_await Send(bytes.Reveal()); !s.ok()) co_return s;
    prefix.clear();
    if (done_due_) {
      if (absl::Status s = co_await FinishIdle(); !s.ok()) co_return s;
    }
    answer = co_await ReadTagged(tag);
    if (!answer.ok()) co_return answer;
    const bool goes_on = answer->kind == Response::Kind::kContinuation;
    if (!goes_on) co_return answer;
  }
  co_return absl::DataLossError("imap: the server asks for more than there is");
}

net::Task<absl::Status> Session::Perform(const std::string& words) {
  const Command command(words);
  auto answer = co_await Execute(command);
  if (!answer.ok()) co_return answer.status();
  co_return Refusal(words.substr(0, words.find(' ')), *answer);
}

// --- what the server says unasked ---------------------------------------------

// Before it is cut: half a password could not be told any more.
void Session::NoteRefusal(const Response& answer) {
  last_refusal_ = mask_.Mask(answer.text).substr(0, kMaxRefusal);
}

absl::Status Session::Absorb(Response response) {
  if (response.name == "BYE") {
    NoteRefusal(response);
    return absl::UnavailableError("imap: the server ended the connection");
  }
  if (response.IsStatus()) AbsorbStatus(response);
  if (data_sink_) data_sink_(response);
  if (response.name == "STATUS" && counts_sink_) {
    auto counts = ParseStatus(response);
    if (counts) counts_sink_(*std::move(counts));
  }
  if (response.name == "CAPABILITY") LearnCapabilities(response.text);
  if (response.name == "ENABLED") LearnEnabled(response.text);
  if (response.name == "ID") server_name_ = response.text.substr(0, kMaxServerName);
  if (response.name == "EXISTS") {
    if (response.number > mailbox_.exists) has_news_ = true;
    mailbox_.exists = response.number;
  }
  if (response.name == "EXPUNGE" && mailbox_.exists > 0) --mailbox_.exists;
  if (response.name == "VANISHED") AbsorbVanished(response.text);
  if (item_sink_) return item_sink_(std::move(response));
  return absl::OkStatus();
}

// RFC 7162 section 3.2.10. "(EARLIER)" tells of what was gone before the mailbox was opened.
void Session::AbsorbVanished(absl::string_view text) {
  UidSet gone;
  if (absl::StartsWith(text, "(") || !gone.Add(text)) return;
  mailbox_.exists -= static_cast<uint32_t>(std::min<uint64_t>(gone.size(), mailbox_.exists));
}

void Session::AbsorbStatus(const Response& response) {
  if (response.code == "CAPABILITY") LearnCapabilities(response.code_text);
  if (response.code == "UIDVALIDITY" &&
      !absl::SimpleAtoi(response.code_text, &mailbox_.uid_validity)) {
    mailbox_.uid_validity = 0;
  }
  if (response.code == "UIDNEXT" && !absl::SimpleAtoi(response.code_text, &mailbox_.uid_next)) {
    mailbox_.uid_next = 0;
  }
}

void Session::LearnCapabilities(absl::string_view words) {
  capabilities_ = Capabilities::Parse(words);
  knows_capabilities_ = true;
}

WireForm Session::wire_form() const {
  WireForm form;
  form.utf8 = enabled_.utf8;
  if (capabilities_.Has(Capability::kLiteralMinus)) {
    form.literals = WireForm::Literals::kShortAtOnce;
  }
  if (capabilities_.Has(Capability::kLiteralPlus)) form.literals = WireForm::Literals::kAtOnce;
  return form;
}

absl::Status Session::Refusal(absl::string_view command, const Response& answer) {
  if (answer.name == "OK") return absl::OkStatus();
  NoteRefusal(answer);
  const std::string message = absl::StrCat("imap: ", command, " refused: ", answer.name);
  if (IsTemporary(answer)) return absl::UnavailableError(message);
  return absl::FailedPreconditionError(message);
}

net::Task<absl::Status> Session::Noop() { co_return co_await Perform("NOOP"); }

}  // namespace postern::fetcher::imap
