#include "services/fetcher/imap/session.h"

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/deadline.h"

namespace postern::fetcher::imap {

namespace {

using std::chrono::seconds;

constexpr seconds kAnswerLimit{60};  // for each line
// A literal may be slow, but not slower than this.
constexpr size_t kSlowestBytesPerSecond = 1024;
// A mailbox of a million messages answers a UID FETCH with as many lines; a
// server that never ends is another matter.
constexpr int kMaxUntagged = 2'000'000;

constexpr size_t kMaxRefusal = 300;
constexpr size_t kMaxCapabilities = 200;

// "Not now" as against "never"; RFC 5530, and what Gmail and Yahoo say.
bool IsTemporary(const Response& answer) {
  return answer.code == "UNAVAILABLE" || answer.code == "INUSE" || answer.code == "LIMIT" ||
         answer.code == "SERVERBUG" || answer.code == "CONTACTADMIN" ||
         answer.code == "OVERQUOTA" || answer.code == "THROTTLED";
}

// The answers about one message, put together: its flags may come unasked, in
// an answer of their own, before the bytes that were asked for.
class OneMessage {
 public:
  explicit OneMessage(uint32_t uid) : uid_(uid) {}

  void Add(FetchData data) {
    if (data.uid != uid_) return;
    for (const FetchData::Section& section : data.sections) bytes_ += section.bytes.size();
    // More than one answer may hold is more than was asked for.
    if (bytes_ > kMaxResponseBytes) overflown_ = true;
    if (overflown_) return;
    if (!found_) {
      found_ = std::move(data);
    } else {
      Merge(std::move(data), *found_);
    }
  }

  absl::StatusOr<std::optional<FetchData>> Take() {
    if (overflown_) return absl::DataLossError("imap: more data of a mail than was asked for");
    return std::move(found_);
  }

 private:
  const uint32_t uid_;
  std::optional<FetchData> found_;
  size_t bytes_ = 0;
  bool overflown_ = false;
};

}  // namespace

// --- reading and writing ------------------------------------------------------

net::Task<absl::StatusOr<std::string>> Session::ReadLine(Patience patience) {
  if (patience == Patience::kEndless) co_return co_await stream_.ReadLine();
  co_return co_await net::WithDeadline(kAnswerLimit, stream_.ReadLine());
}

// May be cancelled at any wait: the assembler keeps what has come.
net::Task<absl::StatusOr<Response>> Session::ReadResponse(Patience patience) {
  for (;;) {
    if (assembler_.due()) {
      const size_t size = *assembler_.due();
      const auto limit = kAnswerLimit + seconds(size / kSlowestBytesPerSecond);
      auto literal = co_await net::WithDeadline(limit, stream_.ReadExactly(size));
      if (!literal.ok()) co_return literal.status();
      assembler_.TakeLiteral(*literal);
    }
    auto line = co_await ReadLine(patience);
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
  for (int i = 0; i < kMaxUntagged; ++i) {
    auto response = co_await ReadResponse(Patience::kLimited);
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
  std::string prefix = absl::StrCat(tag, " ");
  absl::StatusOr<Response> answer = absl::InternalError("imap: an empty command");
  for (size_t i = 0; i < command.pieces().size(); ++i) {
    const crypto::Secret bytes = crypto::Join({prefix, command.pieces()[i], "\r\n"});
    if (absl::Status s = co_await Send(bytes.Reveal()); !s.ok()) co_return s;
    prefix.clear();
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
  if (response.name == "CAPABILITY") LearnCapabilities(response.text);
  if (response.name == "EXISTS") {
    if (response.number > mailbox_.exists) has_news_ = true;
    mailbox_.exists = response.number;
  }
  if (response.name == "EXPUNGE" && mailbox_.exists > 0) --mailbox_.exists;
  if (response.name == "LIST" && list_sink_) list_sink_(ParseList(response));
  if (response.name == "FETCH" && sink_) {
    absl::StatusOr<FetchData> data = ParseFetch(std::move(response));
    if (!data.ok()) return data.status();
    sink_(*std::move(data));
  }
  return absl::OkStatus();
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
  capabilities_.clear();
  knows_capabilities_ = true;
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    if (capabilities_.size() >= kMaxCapabilities) break;
    capabilities_.insert(absl::AsciiStrToUpper(word));
  }
}

absl::Status Session::Refusal(absl::string_view command, const Response& answer) {
  if (answer.name == "OK") return absl::OkStatus();
  NoteRefusal(answer);
  const std::string message = absl::StrCat("imap: ", command, " refused: ", answer.name);
  if (IsTemporary(answer)) return absl::UnavailableError(message);
  return absl::FailedPreconditionError(message);
}

// --- the mails ------------------------------------------------------------------

net::Task<absl::Status> Session::Fetch(const std::string& uids, const std::string& items,
                                       Sink sink) {
  auto answer = co_await AskFetch(uids, items, std::move(sink));
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("FETCH", *answer);
}

net::Task<absl::StatusOr<Response>> Session::AskFetch(const std::string& uids,
                                                      const std::string& items, Sink sink) {
  const std::string words = absl::StrCat("UID FETCH ", uids, " (", items, ")");
  co_return co_await ExecuteFetch(words, std::move(sink));
}

net::Task<absl::StatusOr<Response>> Session::ExecuteFetch(const std::string& words, Sink sink) {
  const Command command(words);
  sink_ = std::move(sink);
  auto answer = co_await Execute(command);
  sink_ = nullptr;
  co_return answer;
}

net::Task<absl::Status> Session::FetchByNumber(uint32_t first, uint32_t last,
                                               const std::string& items, Sink sink) {
  const std::string words = absl::StrCat("FETCH ", first, ":", last, " (", items, ")");
  auto answer = co_await ExecuteFetch(words, std::move(sink));
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("FETCH", *answer);
}

net::Task<absl::StatusOr<std::optional<FetchData>>> Session::FetchOne(uint32_t uid,
                                                                      const std::string& items) {
  OneMessage message(uid);
  Sink sink = [&message](FetchData data) { message.Add(std::move(data)); };
  auto answer = co_await AskFetch(absl::StrCat(uid), items, std::move(sink));
  if (!answer.ok()) co_return answer.status();
  // RFC 5530: another client removed it. Of many messages the others might be
  // missing from the answer as well, so it is no more than this one's end.
  if (answer->name == "NO" && answer->code == "EXPUNGEISSUED") co_return std::nullopt;
  if (absl::Status s = Refusal("FETCH", *answer); !s.ok()) co_return s;
  co_return message.Take();
}

net::Task<absl::StatusOr<uint32_t>> Session::HighestUid() {
  if (mailbox_.exists == 0) co_return 0u;
  uint32_t highest = 0;
  Sink sink = [&highest](FetchData data) { highest = std::max(highest, data.uid); };
  const std::string last = "*";
  const std::string items = "UID";
  absl::Status status = co_await Fetch(last, items, std::move(sink));
  if (!status.ok()) co_return status;
  co_return highest;
}

net::Task<absl::Status> Session::Noop() { co_return co_await Perform("NOOP"); }

// --- IDLE ----------------------------------------------------------------------

net::Task<absl::Status> Session::BeginIdle() {
  idle_tag_ = absl::StrCat("A", next_tag_++);
  std::string line = absl::StrCat(idle_tag_, " IDLE\r\n");
  if (absl::Status s = co_await Send(line); !s.ok()) co_return s;
  auto answer = co_await ReadTagged(idle_tag_);
  if (!answer.ok()) co_return answer.status();
  if (answer->kind == Response::Kind::kContinuation) co_return absl::OkStatus();
  // Offered, and refused all the same: from now on this mailbox is polled.
  capabilities_.erase("IDLE");
  co_return absl::FailedPreconditionError("imap: IDLE refused");
}

net::Task<absl::Status> Session::AwaitNews() {
  while (!has_news_) {
    auto response = co_await ReadResponse(Patience::kEndless);
    if (!response.ok()) co_return response.status();
    if (response->kind == Response::Kind::kTagged) {
      co_return absl::UnavailableError("imap: the server ended IDLE by itself");
    }
    if (response->kind == Response::Kind::kContinuation) continue;
    if (absl::Status s = Absorb(*std::move(response)); !s.ok()) co_return s;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::EndIdle() {
  if (absl::Status s = co_await Send("DONE\r\n"); !s.ok()) co_return s;
  auto answer = co_await ReadTagged(idle_tag_);
  if (!answer.ok()) co_return answer.status();
  if (answer->kind != Response::Kind::kTagged) co_return absl::DataLossError("imap: + after DONE");
  co_return Refusal("IDLE", *answer);
}

}  // namespace postern::fetcher::imap
