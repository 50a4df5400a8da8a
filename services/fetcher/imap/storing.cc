// The part of Session that puts a mail into a mailbox: APPEND, RFC 3501 section 6.3.11.

#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

using std::chrono::seconds;

// For each piece on its way to the server; a slow one is no dead one.
constexpr seconds kPieceLimit{60};
constexpr size_t kMaxSaid = 200;  // bytes of a server's words

std::string WriteInternalDate(int64_t unix) {
  return absl::FormatTime("\"%d-%b-%Y %H:%M:%S +0000\"", absl::FromUnixSeconds(unix),
                          absl::UTCTimeZone());
}

}  // namespace

absl::Status Session::TargetRefusal(absl::string_view verb, const std::string& mailbox,
                                    const Response& answer) {
  absl::Status refused = Refusal(verb, answer);
  if (answer.code == "TRYCREATE" || answer.code == "NONEXISTENT") {
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("there is no folder \"$0\"", mailbox));
  }
  if (answer.code == "OVERQUOTA") {
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("the mailbox is full (over quota)"));
  }
  if (answer.code == "TOOBIG") {
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("the mail is larger than the mail server takes"));
  }
  if (!absl::IsFailedPrecondition(refused)) return refused;
  const std::string said(mail::CutUtf8(mail::CleanLine(answer.text), kMaxSaid));
  if (said.empty()) {
    return words::Error(refused.code(), words::Word("the mail server refuses it"));
  }
  return words::Error(refused.code(),
                      words::Word("the mail server refuses it (server says: $0)", said));
}

// By a literal that waits for the server's "+" always: who refuses does so before the mail is
// on its way.
net::Task<absl::StatusOr<Response>> Session::BeginAppend(const std::string& tag,
                                                         const std::string& wire_name,
                                                         const NewMail& mail) {
  Command command("APPEND", wire_form());
  if (absl::Status s = command.AddString(wire_name, "mailbox name"); !s.ok()) co_return s;
  if (!mail.flags.empty()) {
    command.AddWords(absl::StrCat("(", absl::StrJoin(mail.flags, " "), ")"));
  }
  if (mail.received_unix != 0) command.AddWords(WriteInternalDate(mail.received_unix));
  command.AddWords(absl::StrCat("{", mail.size, "}"));
  std::string prefix = absl::StrCat(tag, " ");
  absl::StatusOr<Response> answer = absl::InternalError("imap: an empty command");
  for (const std::string& piece : command.pieces()) {
    std::string bytes = absl::StrCat(prefix, piece, "\r\n");
    if (absl::Status s = co_await Send(bytes); !s.ok()) co_return s;
    prefix.clear();
    answer = co_await ReadTagged(tag);
    if (!answer.ok() || answer->kind != Response::Kind::kContinuation) co_return answer;
  }
  co_return answer;
}

// As many bytes as were announced, or the connection is of no use any more: the server would
// take whatever comes next for the rest of the mail.
net::Task<absl::Status> Session::SendContent(uint64_t size, MailPieces& pieces) {
  uint64_t sent = 0;
  for (;;) {
    auto piece = co_await pieces();
    if (!piece.ok()) co_return piece.status();
    if (!piece->has_value()) break;
    sent += (*piece)->size();
    if (sent > size) break;
    absl::Status wrote = co_await net::WithDeadline(kPieceLimit, stream_.Write(**std::move(piece)));
    if (!wrote.ok()) co_return wrote;
  }
  if (sent == size) co_return absl::OkStatus();
  co_return absl::InvalidArgumentError(absl::StrCat(sent > size ? "more" : "less",
                                                    " data came than the size said: ", sent,
                                                    " bytes, not ", size));
}

absl::Status Session::CheckAppendLimit(uint64_t size) const {
  // RFC 7889: for all mailboxes alike.
  const uint64_t limit = capabilities_.append_limit();
  if (limit == 0 || size <= limit) return absl::OkStatus();
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mail server takes mails of at most $0 bytes; this one has "
                                  "$1",
                                  limit, size));
}

net::Task<absl::StatusOr<std::optional<AppendedUid>>> Session::Append(const std::string& mailbox,
                                                                      const NewMail& mail,
                                                                      MailPieces pieces) {
  if (absl::Status s = CheckAppendLimit(mail.size); !s.ok()) co_return s;
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  absl::Status refused;
  for (const std::string& spelling : *spellings) {
    const std::string tag = absl::StrCat("A", next_tag_++);
    auto answer = co_await BeginAppend(tag, spelling, mail);
    if (!answer.ok()) co_return answer.status();
    if (answer->kind == Response::Kind::kContinuation) {
      if (absl::Status s = co_await SendContent(mail.size, pieces); !s.ok()) co_return s;
      if (absl::Status s = co_await Send("\r\n"); !s.ok()) co_return s;
      answer = co_await ReadTagged(tag);
      if (!answer.ok()) co_return answer.status();
      if (answer->kind == Response::Kind::kContinuation) {
        co_return absl::DataLossError("imap: the server asks for more than there is");
      }
      if (answer->name == "OK" && answer->code == "APPENDUID") {
        co_return ParseAppendUid(answer->code_text);
      }
      if (answer->name == "OK") co_return std::nullopt;
      co_return TargetRefusal("APPEND", mailbox, *answer);  // the pieces are gone
    }
    if (refused.ok()) refused = TargetRefusal("APPEND", mailbox, *answer);
    if (answer->name != "NO") break;
  }
  if (refused.ok()) refused = absl::DataLossError("imap: APPEND without its mail");
  co_return refused;
}

}  // namespace postern::fetcher::imap
