#include "services/fetcher/pop3/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/words/wording.h"
#include "services/fetcher/turn.h"

namespace postern::fetcher::pop3 {

namespace {

using std::chrono::seconds;

constexpr seconds kAnswerLimit{60};
constexpr seconds kQuitLimit{5};
// A text may be slow, but not slower than this.
constexpr uint64_t kSlowestBytesPerSecond = 1024;
constexpr uint64_t kTypicalIdLine = 40;
constexpr size_t kMaxRefusal = 300;
constexpr size_t kPieceBytes = 16 * 1024;  // of a mail's text

// What keeps a mailbox from being listed, in sentences for the user.
absl::Status TooManyMails() {
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("the mailbox holds more than $0 mails; remove old ones, or use "
                                  "IMAP if it is offered",
                                  kMaxMails));
}

absl::Status NoUniqueIds() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mail server gives its mails no ids (UIDL), so that new "
                                  "ones can't be told from old ones; use IMAP if it is offered"));
}

// One limit for a whole text: a server that drips byte after byte ends as well.
net::Duration TextLimit(uint64_t expected_bytes) {
  return kAnswerLimit + seconds(expected_bytes / kSlowestBytesPerSecond);
}

}  // namespace

// --- reading and writing ------------------------------------------------------

net::Task<absl::Status> Session::Send(std::string line) {
  line.append("\r\n");
  co_return co_await net::WithDeadline(kAnswerLimit, stream_.Write(std::move(line)));
}

net::Task<absl::StatusOr<StatusLine>> Session::ReadStatusLine() {
  auto line = co_await net::WithDeadline(kAnswerLimit, stream_.ReadLine());
  if (!line.ok()) co_return line.status();
  auto answer = ParseStatusLine(*line);
  if (answer.ok() && answer->kind == StatusLine::Kind::kError) NoteRefusal(*answer);
  co_return answer;
}

net::Task<absl::StatusOr<StatusLine>> Session::Ask(std::string line) {
  if (absl::Status s = co_await Send(std::move(line)); !s.ok()) co_return s;
  co_return co_await ReadStatusLine();
}

// Keeps no copy of what it sends.
net::Task<absl::StatusOr<StatusLine>> Session::AskSecretly(const std::string& line_with_end) {
  absl::Status sent = co_await net::WithDeadline(kAnswerLimit, stream_.WriteSecret(line_with_end));
  if (!sent.ok()) co_return sent;
  co_return co_await ReadStatusLine();
}

net::Task<absl::Status> Session::ReadText(uint64_t expected_bytes, LineSink sink) {
  co_return co_await net::WithDeadline(TextLimit(expected_bytes), ReadLines(sink));
}

net::Task<absl::Status> Session::ReadLines(const LineSink& sink) {
  for (Turn turn;;) {
    if (turn.IsOver()) co_await net::Sleep(net::Duration::zero());
    auto line = co_await stream_.ReadLine();
    if (!line.ok()) co_return line.status();
    if (!Unstuff(*line)) co_return absl::OkStatus();
    if (absl::Status s = sink(*std::move(line)); !s.ok()) co_return s;
  }
}

// A line of a mail may be as long as the mail: whole pages of HTML come in one.
net::Task<absl::Status> Session::ReadContent(MailText& text, size_t keep, size_t most) {
  size_t total = 0;
  Turn turn;
  for (bool line_begins = true;;) {
    if (turn.IsOver()) co_await net::Sleep(net::Duration::zero());
    auto piece = co_await stream_.ReadPiece(kPieceBytes);
    if (!piece.ok()) co_return piece.status();
    if (line_begins && !Unstuff(piece->bytes)) co_return absl::OkStatus();
    line_begins = piece->ends_line;
    if (line_begins) piece->bytes.append("\r\n");
    total += piece->bytes.size();
    if (total > most) co_return absl::ResourceExhaustedError("pop3: the mail is too large");
    text.cut = text.cut || total > keep;
    if (!text.cut) text.bytes.append(piece->bytes);
  }
}

void Session::NoteRefusal(const StatusLine& answer) {
  // Before it is cut: half a password could not be told any more.
  last_refusal_ = mask_.Mask(answer.text).substr(0, kMaxRefusal);
}

absl::Status Session::Refused(absl::string_view command, const StatusLine& answer) {
  if (answer.kind == StatusLine::Kind::kOk) return absl::OkStatus();
  if (answer.kind == StatusLine::Kind::kGoOn) {
    return absl::DataLossError("pop3: the server asks for more than there is");
  }
  return RefusalOf(command, answer);
}

// --- the mailbox --------------------------------------------------------------

net::Task<absl::Status> Session::ListUniqueIds(Sink sink) {
  auto stat = co_await Ask("STAT");
  if (!stat.ok()) co_return stat.status();
  if (absl::Status s = Refused("STAT", *stat); !s.ok()) co_return s;
  auto mails = ParseNumberAndOctets(stat->text);
  if (!mails.ok()) co_return mails.status();
  counted_ = mails->number;
  if (mails->number == 0) co_return absl::OkStatus();
  if (mails->number > kMaxMails) co_return TooManyMails();

  auto answer = co_await Ask("UIDL");
  if (!answer.ok()) co_return answer.status();
  absl::Status refused = Refused("UIDL", *answer);
  if (absl::IsFailedPrecondition(refused)) co_return NoUniqueIds();
  if (!refused.ok()) co_return refused;
  size_t count = 0;
  LineSink lines = [&](std::string line) {
    if (++count > kMaxMails) return TooManyMails();
    auto unique = ParseUniqueId(line);
    if (unique.ok()) sink(*std::move(unique));
    return unique.status();
  };
  const uint64_t expected = mails->number * kTypicalIdLine;
  co_return co_await ReadText(expected, std::move(lines));
}

net::Task<absl::StatusOr<uint64_t>> Session::SizeOf(uint32_t number) {
  std::string line = absl::StrCat("LIST ", number);
  if (absl::Status s = co_await Send(std::move(line)); !s.ok()) co_return s;
  co_return co_await ReadSize(number);
}

net::Task<absl::StatusOr<uint64_t>> Session::ReadSize(uint32_t number) {
  auto answer = co_await ReadStatusLine();
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refused("LIST", *answer); !s.ok()) co_return s;
  auto pair = ParseNumberAndOctets(answer->text);
  if (!pair.ok()) co_return pair.status();
  if (pair->number != number) co_return absl::DataLossError("pop3: an answer to no question");
  co_return pair->octets;
}

net::Task<absl::StatusOr<MailText>> Session::AskMail(std::string line, uint64_t expected_bytes,
                                                     size_t keep, size_t most) {
  const std::string command = line.substr(0, line.find(' '));
  if (absl::Status s = co_await Send(std::move(line)); !s.ok()) co_return s;
  co_return co_await ReadMailText(command, expected_bytes, keep, most);
}

net::Task<absl::StatusOr<MailText>> Session::ReadMailText(absl::string_view command,
                                                          uint64_t expected, size_t keep,
                                                          size_t most) {
  auto answer = co_await ReadStatusLine();
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refused(command, *answer); !s.ok()) co_return s;
  MailText text;
  const auto limit = TextLimit(std::min<uint64_t>(expected, most));
  absl::Status read = co_await net::WithDeadline(limit, ReadContent(text, keep, most));
  if (!read.ok()) co_return read;
  co_return text;
}

net::Task<absl::StatusOr<MailText>> Session::Retrieve(uint32_t number, uint64_t size, size_t keep,
                                                      size_t most) {
  std::string line = absl::StrCat("RETR ", number);
  co_return co_await AskMail(std::move(line), size, keep, most);
}

net::Task<absl::StatusOr<MailText>> Session::Top(uint32_t number, uint32_t lines, size_t keep,
                                                 size_t most) {
  std::string line = absl::StrCat("TOP ", number, " ", lines);
  co_return co_await AskMail(std::move(line), keep, keep, most);
}

// --- several at once ------------------------------------------------------------

// In one write, and so short that the server takes it in before it answers.
net::Task<absl::Status> Session::SendEach(absl::string_view command,
                                          const std::vector<uint32_t>& numbers) {
  std::string lines;
  for (uint32_t number : numbers) absl::StrAppend(&lines, command, " ", number, "\r\n");
  if (lines.empty()) co_return absl::OkStatus();
  co_return co_await net::WithDeadline(kAnswerLimit, stream_.Write(std::move(lines)));
}

net::Task<absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>>> Session::SizesOf(
    std::vector<uint32_t> numbers) {
  std::vector<absl::StatusOr<uint64_t>> sizes;
  const bool at_once = capabilities_.pipelining;
  if (at_once) {
    if (absl::Status s = co_await SendEach("LIST", numbers); !s.ok()) co_return s;
  }
  for (uint32_t number : numbers) {
    absl::StatusOr<uint64_t> size = absl::UnknownError("");
    if (at_once) {
      size = co_await ReadSize(number);
    } else {
      size = co_await SizeOf(number);
    }
    if (!size.ok() && !absl::IsFailedPrecondition(size.status())) co_return size.status();
    sizes.push_back(std::move(size));
  }
  co_return sizes;
}

net::Task<Session::Texts> Session::RetrieveSeveral(std::vector<NumberAndOctets> mails, size_t keep,
                                                   size_t most) {
  std::vector<uint32_t> numbers;
  for (const NumberAndOctets& mail : mails) numbers.push_back(mail.number);
  Texts texts;
  const bool at_once = capabilities_.pipelining;
  if (at_once) {
    absl::Status sent = co_await SendEach("RETR", numbers);
    if (!sent.ok()) texts.push_back(sent);
    if (!sent.ok()) co_return texts;
  }
  for (const NumberAndOctets& mail : mails) {
    absl::StatusOr<MailText> text = absl::UnknownError("");
    if (at_once) {
      text = co_await ReadMailText("RETR", mail.octets, keep, most);
    } else {
      text = co_await Retrieve(mail.number, mail.octets, keep, most);
    }
    const bool over = !text.ok() && !absl::IsFailedPrecondition(text.status());
    texts.push_back(std::move(text));
    if (over) break;
  }
  co_return texts;
}

net::Task<absl::StatusOr<std::vector<uint32_t>>> Session::Delete(std::vector<uint32_t> numbers) {
  std::vector<uint32_t> taken;
  const bool at_once = capabilities_.pipelining;
  if (at_once) {
    if (absl::Status s = co_await SendEach("DELE", numbers); !s.ok()) co_return s;
  }
  for (uint32_t number : numbers) {
    if (!at_once) {
      std::string line = absl::StrCat("DELE ", number);
      if (absl::Status s = co_await Send(std::move(line)); !s.ok()) co_return s;
    }
    auto answer = co_await ReadStatusLine();
    if (!answer.ok()) co_return answer.status();
    const absl::Status refused = Refused("DELE", *answer);
    if (absl::IsDataLoss(refused)) co_return refused;
    if (refused.ok()) taken.push_back(number);
  }
  co_return taken;
}

net::Task<absl::Status> Session::Quit() {
  auto answer = co_await net::WithDeadline(kQuitLimit, Ask("QUIT"));
  if (!answer.ok()) co_return answer.status();
  co_return Refused("QUIT", *answer);
}

}  // namespace postern::fetcher::pop3
