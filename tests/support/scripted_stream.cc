#include "tests/support/scripted_stream.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::testing {

ScriptedStream::ScriptedStream(absl::string_view script, bool encrypted) : encrypted_(encrypted) {
  for (absl::string_view raw : absl::StrSplit(script, '\n')) {
    absl::string_view line = absl::StripLeadingAsciiWhitespace(raw);
    Step step;
    step.line = std::string(line);
    if (line.empty() || line.front() == '#') continue;
    if (line == "STARTTLS") {
      step.kind = Step::Kind::kStartTls;
    } else if (line == "CLOSE") {
      step.kind = Step::Kind::kClose;
    } else if (line == "C:" || absl::ConsumePrefix(&line, "C: ")) {
      step.kind = Step::Kind::kClient;
      step.bytes = absl::StrCat(line == "C:" ? "" : line, "\r\n");
    } else if (line == "S:" || absl::ConsumePrefix(&line, "S: ")) {
      step.kind = Step::Kind::kServer;
      step.bytes = absl::StrCat(line == "S:" ? "" : line, "\r\n");
    } else if (absl::ConsumePrefix(&line, "S- ")) {
      step.kind = Step::Kind::kServer;
      step.bytes = std::string(line);
    } else {
      mismatch_ = absl::StrCat("not a script line: ", line);
      continue;
    }
    steps_.push_back(std::move(step));
  }
}

ScriptedStream::ScriptedStream(const ScriptedStream& other)
    : steps_(other.steps_),
      next_(other.next_),
      readable_(other.readable_),
      written_(other.written_),
      mismatch_(other.mismatch_),
      encrypted_(other.encrypted_) {}

void ScriptedStream::CutAfter(size_t count) {
  if (count < steps_.size()) steps_.resize(count);
}

std::string ScriptedStream::Remaining() const {
  return absl::StrJoin(steps_.begin() + static_cast<ptrdiff_t>(next_), steps_.end(), "\n",
                       [](std::string* out, const Step& step) { out->append(step.line); });
}

// Plays server lines up to the next line that is the client's turn.
absl::Status ScriptedStream::Refill() {
  bool any = false;
  while (next_ < steps_.size() && steps_[next_].kind == Step::Kind::kServer) {
    readable_ += steps_[next_++].bytes;
    any = true;
  }
  if (any) return absl::OkStatus();
  if (next_ < steps_.size() && steps_[next_].kind != Step::Kind::kClose && mismatch_.empty()) {
    mismatch_ = absl::StrCat("the code reads, the script has: ", steps_[next_].line);
  }
  return absl::UnavailableError("the server closed the connection");
}

net::Task<absl::StatusOr<std::string>> ScriptedStream::NextLine() {
  size_t end;
  while ((end = readable_.find('\n')) == std::string::npos) {
    absl::Status more = Refill();
    if (!more.ok()) co_return more;
  }
  std::string line = readable_.substr(0, end);
  readable_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  co_return line;
}

absl::StatusOr<std::optional<std::string>> ScriptedStream::LineAtHand() {
  while (next_ < steps_.size() && steps_[next_].kind == Step::Kind::kServer) {
    readable_ += steps_[next_++].bytes;
  }
  const size_t end = readable_.find('\n');
  if (end == std::string::npos) {
    const bool client_is_next = next_ < steps_.size() && steps_[next_].kind != Step::Kind::kClose;
    if (client_is_next) return std::nullopt;
    return absl::UnavailableError("the server closed the connection");
  }
  std::string line = readable_.substr(0, end);
  readable_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

void ScriptedStream::Say(absl::string_view lines) {
  absl::StrAppend(&readable_, lines);
  if (auto wake = std::exchange(wake_, nullptr)) wake();
}

net::Task<absl::StatusOr<std::string>> ScriptedStream::ReadLine() {
  constexpr size_t kLineBytes = 64 * 1024;
  auto line = co_await NextLine();
  if (line.ok() && line->size() > kLineBytes) co_return absl::DataLossError("the line is too long");
  co_return line;
}

net::Task<absl::StatusOr<net::ByteStream::Piece>> ScriptedStream::ReadPiece(size_t most) {
  auto line = co_await NextLine();
  if (!line.ok()) co_return line.status();
  Piece piece;
  piece.ends_line = line->size() <= most;
  if (!piece.ends_line) readable_.insert(0, absl::StrCat(line->substr(most), "\r\n"));
  piece.bytes = line->substr(0, most);
  co_return piece;
}

net::Task<absl::StatusOr<std::string>> ScriptedStream::ReadExactly(size_t count) {
  while (readable_.size() < count) {
    absl::Status more = Refill();
    if (!more.ok()) co_return more;
  }
  std::string bytes = readable_.substr(0, count);
  readable_.erase(0, count);
  co_return bytes;
}

net::Task<absl::Status> ScriptedStream::Write(std::string bytes) {
  written_ += bytes;
  while (!written_.empty()) {
    // What the peer had still to say is on its way; the code may read it later.
    while (next_ < steps_.size() && steps_[next_].kind == Step::Kind::kServer) {
      readable_ += steps_[next_++].bytes;
    }
    if (next_ >= steps_.size() || steps_[next_].kind == Step::Kind::kClose) {
      co_return absl::UnavailableError("the server closed the connection");
    }
    const Step& step = steps_[next_];
    if (step.kind == Step::Kind::kClient && absl::StartsWith(written_, step.bytes)) {
      written_.erase(0, step.bytes.size());
      ++next_;
      continue;
    }
    if (step.kind == Step::Kind::kClient && absl::StartsWith(step.bytes, written_)) {
      co_return absl::OkStatus();  // the rest of the line comes with the next write
    }
    if (mismatch_.empty()) {
      mismatch_ = absl::StrCat("the code wrote: ", written_, "the script has: ", step.line);
    }
    co_return absl::UnavailableError(mismatch_);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> ScriptedStream::StartTls(std::string host) {
  if (next_ < steps_.size() && steps_[next_].kind == Step::Kind::kServer) Refill().IgnoreError();
  if (!readable_.empty()) {
    co_return absl::DataLossError("the server sent data in the clear after it agreed to start TLS");
  }
  if (next_ >= steps_.size() || steps_[next_].kind != Step::Kind::kStartTls) {
    co_return absl::UnavailableError("the server closed the connection");
  }
  ++next_;
  encrypted_ = true;
  co_return absl::OkStatus();
}

}  // namespace postern::testing
