#include "services/fetcher/pop3/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/deadline.h"
#include "lib/words/wording.h"
#include "services/fetcher/login_problem.h"

namespace postern::fetcher::pop3 {

namespace {

using std::chrono::seconds;

constexpr seconds kAnswerLimit{60};
constexpr seconds kTlsLimit{30};
constexpr seconds kQuitLimit{5};
// A text may be slow, but not slower than this.
constexpr uint64_t kSlowestBytesPerSecond = 1024;
constexpr uint64_t kTypicalIdLine = 40;
constexpr size_t kMaxCapabilityLines = 200;
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

// The only use of these would be to smuggle in a command of its own.
bool FitsALine(absl::string_view text) {
  return text.find_first_of(absl::string_view("\r\n\0", 3)) == absl::string_view::npos;
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
  for (;;) {
    auto line = co_await stream_.ReadLine();
    if (!line.ok()) co_return line.status();
    if (!Unstuff(*line)) co_return absl::OkStatus();
    if (absl::Status s = sink(*std::move(line)); !s.ok()) co_return s;
  }
}

// A line of a mail may be as long as the mail: whole pages of HTML come in one.
net::Task<absl::Status> Session::ReadContent(MailText& text, size_t keep, size_t most) {
  size_t total = 0;
  for (bool line_begins = true;;) {
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

// --- from the greeting to the login -------------------------------------------

net::Task<absl::Status> Session::Greet() {
  auto greeting = co_await ReadStatusLine();
  if (!greeting.ok()) {
    const bool nonsense = absl::IsDataLoss(greeting.status());
    co_return nonsense ? absl::DataLossError("pop3: this is no POP3 server") : greeting.status();
  }
  if (greeting->kind == StatusLine::Kind::kOk) co_return absl::OkStatus();
  co_return absl::UnavailableError("pop3: the server greets with a refusal");
}

net::Task<absl::Status> Session::AskCapabilities() {
  if (asked_capabilities_) co_return absl::OkStatus();
  auto answer = co_await Ask("CAPA");
  if (!answer.ok()) co_return answer.status();
  asked_capabilities_ = true;
  // Servers older than RFC 2449 don't know the command.
  if (answer->kind != StatusLine::Kind::kOk) co_return absl::OkStatus();
  size_t lines = 0;
  LineSink sink = [&](std::string line) {
    if (++lines > kMaxCapabilityLines) return absl::DataLossError("pop3: CAPA never ends");
    capabilities_.Learn(line);
    return absl::OkStatus();
  };
  if (absl::Status s = co_await ReadText(0, std::move(sink)); !s.ok()) co_return s;
  knows_capabilities_ = true;
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::StartTls(const std::string& host) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  if (knows_capabilities_ && !capabilities_.stls) {
    co_return login_problem::NoStartTls(host);
  }
  auto answer = co_await Ask("STLS");
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refused("STLS", *answer); !s.ok()) co_return s;
  if (absl::Status s = co_await net::WithDeadline(kTlsLimit, stream_.StartTls(host)); !s.ok()) {
    co_return s;
  }
  // What was said in the clear may be anybody's words (RFC 2595 section 4).
  capabilities_ = Capabilities();
  asked_capabilities_ = knows_capabilities_ = false;
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::Login(const std::string& login, const std::string& password,
                                       PasswordRule rule) {
  if (!stream_.IsEncrypted() && rule == PasswordRule::kEncryptedOnly) {
    co_return absl::PermissionDeniedError("pop3: the connection is not encrypted");
  }
  mask_ = crypto::PasswordMask(login, password);
  absl::Status signed_in = co_await SignIn(login, password);
  mask_ = crypto::PasswordMask();
  co_return signed_in;
}

net::Task<absl::Status> Session::SignIn(const std::string& login, const std::string& password) {
  if (absl::Status s = co_await AskCapabilities(); !s.ok()) co_return s;
  absl::StatusOr<StatusLine> answer = absl::UnknownError("");
  if (capabilities_.plain) {
    answer = co_await AuthPlain(login, password);
  } else if (knows_capabilities_ && !capabilities_.user) {
    const words::Wording wording = words::Word(
        "the mail server takes no password on such a connection; choose TLS or STARTTLS");
    co_return net::DialError(absl::StatusCode::kFailedPrecondition, wording,
                             net::Suspect::kSecurity);
  } else {
    answer = co_await UserAndPass(login, password);
  }
  if (!answer.ok()) co_return answer.status();
  if (answer->kind == StatusLine::Kind::kError) co_return LoginRefusal(*answer, capabilities_);
  co_return Refused("login", *answer);
}

// RFC 5034, in two steps: older servers know no initial response.
net::Task<absl::StatusOr<StatusLine>> Session::AuthPlain(const std::string& login,
                                                         const std::string& password) {
  constexpr char kNul = '\0';
  if (login.find(kNul) != std::string::npos || password.find(kNul) != std::string::npos) {
    co_return login_problem::Unsendable();
  }
  auto answer = co_await Ask("AUTH PLAIN");
  if (!answer.ok() || answer->kind != StatusLine::Kind::kGoOn) co_return answer;
  const crypto::Secret response = crypto::SaslPlain(login, password);
  const crypto::Secret line = crypto::Join({response.Reveal(), "\r\n"});
  co_return co_await AskSecretly(line.Reveal());
}

net::Task<absl::StatusOr<StatusLine>> Session::UserAndPass(const std::string& login,
                                                           const std::string& password) {
  if (!FitsALine(login) || !FitsALine(password)) co_return login_problem::Unsendable();
  std::string user = absl::StrCat("USER ", login);
  auto answer = co_await Ask(std::move(user));
  if (!answer.ok() || answer->kind != StatusLine::Kind::kOk) co_return answer;
  const crypto::Secret pass = crypto::Join({"PASS ", password, "\r\n"});
  co_return co_await AskSecretly(pass.Reveal());
}

// --- the mailbox --------------------------------------------------------------

net::Task<absl::Status> Session::ListUniqueIds(Sink sink) {
  auto stat = co_await Ask("STAT");
  if (!stat.ok()) co_return stat.status();
  if (absl::Status s = Refused("STAT", *stat); !s.ok()) co_return s;
  auto mails = ParseNumberAndOctets(stat->text);
  if (!mails.ok()) co_return mails.status();
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
  auto answer = co_await Ask(std::move(line));
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
  auto answer = co_await Ask(std::move(line));
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refused(command, *answer); !s.ok()) co_return s;
  MailText text;
  const auto limit = TextLimit(std::min<uint64_t>(expected_bytes, most));
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

net::Task<absl::Status> Session::Quit() {
  auto answer = co_await net::WithDeadline(kQuitLimit, Ask("QUIT"));
  if (!answer.ok()) co_return answer.status();
  co_return Refused("QUIT", *answer);
}

}  // namespace postern::fetcher::pop3
