// Waiting for news: Session between two commands, and in IDLE (RFC 2177).

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

// Of what is taken in at once; each line costs something beside its bytes. Behind that a
// dialogue goes on, which lets others have their turn: a server may talk faster than we listen.
constexpr size_t kMostHeard = 64 * 1024;
constexpr size_t kCostOfLine = 64;

}  // namespace

net::Task<absl::Status> Session::BeginIdle() {
  idle_tag_ = absl::StrCat("A", next_tag_++);
  std::string line = absl::StrCat(idle_tag_, " IDLE\r\n");
  if (absl::Status s = co_await Send(line); !s.ok()) co_return s;
  auto answer = co_await ReadTagged(idle_tag_);
  if (!answer.ok()) co_return answer.status();
  if (answer->kind == Response::Kind::kContinuation) co_return absl::OkStatus();
  // Offered, and refused all the same: from now on this mailbox is polled.
  capabilities_.Remove(Capability::kIdle);
  idle_tag_.clear();
  co_return absl::FailedPreconditionError("imap: IDLE refused");
}

absl::StatusOr<bool> Session::Hear() {
  for (size_t heard = 0; heard < kMostHeard;) {
    // A literal where nobody asked for one: whoever goes on reads it.
    if (assembler_.due()) return true;
    auto line = stream_.LineAtHand();
    if (!line.ok()) return line.status();
    if (!line->has_value()) return has_news_;
    heard += (*line)->size() + kCostOfLine;
    auto due = assembler_.TakeLine(**line);
    if (!due.ok()) return due.status();
    if (due->has_value()) return true;
    auto response = ParseResponse(assembler_.Finish());
    if (!response.ok()) return response.status();
    if (response->kind == Response::Kind::kTagged) {
      return absl::UnavailableError("imap: the server ended IDLE by itself");
    }
    if (response->kind == Response::Kind::kContinuation) continue;
    if (absl::Status s = Absorb(*std::move(response)); !s.ok()) return s;
  }
  return true;
}

net::Task<absl::Status> Session::FinishIdle() {
  done_due_ = false;
  auto answer = co_await ReadTagged(idle_tag_);
  idle_tag_.clear();
  if (!answer.ok()) co_return answer.status();
  if (answer->kind != Response::Kind::kTagged) co_return absl::DataLossError("imap: + after DONE");
  co_return Refusal("IDLE", *answer);
}

}  // namespace postern::fetcher::imap
