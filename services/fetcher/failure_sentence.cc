#include "services/fetcher/failure_sentence.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "lib/mail/utf8.h"
#include "lib/net/dial_error.h"

namespace postern::fetcher {

namespace {

using words::Word;
using words::Wording;

constexpr size_t kMaxServerWords = 200;
constexpr std::chrono::minutes kEverydayLife{15};
constexpr std::chrono::hours kProvidersTrouble{1};
constexpr int kMissedLooks = 3;

std::string ServerWords(const std::string& text) {
  return std::string(mail::CutUtf8(mail::CleanLine(text), kMaxServerWords));
}

// A catalogue knows whole sentences only, hence each with and without the server's words.

Wording LoginRefused(const std::string& host, const std::string& says) {
  if (says.empty()) return Word("$0 refused the login: wrong user name or password", host);
  return Word("$0 refused the login: wrong user name or password (server says: $1)", host, says);
}

Wording TokenRefused(const std::string& host, const std::string& says) {
  if (says.empty()) {
    return Word("$0 does not take the access that its provider gave; sign in there again", host);
  }
  return Word(
      "$0 does not take the access that its provider gave; sign in there again (server says: $1)",
      host, says);
}

Wording MailboxRefused(const Account& account, const std::string& says) {
  const std::string mailbox = mail::CleanLine(account.mailbox);
  if (says.empty()) {
    return Word("$0 does not open the mailbox \"$1\": check its name", account.host, mailbox);
  }
  return Word("$0 does not open the mailbox \"$1\": check its name (server says: $2)", account.host,
              mailbox, says);
}

Wording NotNow(const Failure& failure, const std::string& host, const std::string& says) {
  if (says.empty()) return Word("$0 closed the connection", host);
  if (failure.step == Step::kLogin) {
    return Word("$0 takes no login now (server says: $1)", host, says);
  }
  return Word("$0 closed the connection (server says: $1)", host, says);
}

Wording Refused(const Failure& failure, const std::string& host, const std::string& says) {
  if (says.empty()) return Word("$0: $1", host, failure.status.message());
  return Word("$0 refused (server says: $1)", host, says);
}

}  // namespace

Wording FailureWording(const Account& account, const Failure& failure) {
  // The dialer, the checks before it, and whoever knows a cause speak for themselves.
  if (auto wording = words::WordingOf(failure.status)) return *std::move(wording);
  const std::string& host = account.host;
  const std::string says = ServerWords(failure.server_says);
  switch (failure.status.code()) {
    case absl::StatusCode::kUnauthenticated:
      if (!account.oauth2_provider.empty()) return TokenRefused(host, says);
      return LoginRefused(host, says);
    case absl::StatusCode::kPermissionDenied:
      return Word(
          "$0: the connection is not encrypted, and a password must not travel so; choose "
          "TLS or STARTTLS",
          host);
    case absl::StatusCode::kFailedPrecondition:
      if (failure.step == Step::kOpenMailbox) return MailboxRefused(account, says);
      return Refused(failure, host, says);
    case absl::StatusCode::kUnavailable:
      return NotNow(failure, host, says);
    case absl::StatusCode::kDeadlineExceeded:
      if (failure.step == Step::kGreet && account.security != Security::kTls) {
        return Word("$0 port $1 says nothing; is it a port for TLS from the start?", host,
                    account.port);
      }
      return Word("$0 does not answer in time", host);
    case absl::StatusCode::kDataLoss:
      if (failure.step != Step::kGreet) return Word("$0 gives answers that make no sense", host);
      return Word("$0 port $1 gives answers that make no sense; is it the right port?", host,
                  account.port);
    default:
      return Word("$0: $1", host, failure.status.message());
  }
}

bool IsEverydayLife(AccountType type, const Failure& failure, std::chrono::seconds interval,
                    std::chrono::seconds since) {
  const bool no_token = failure.step == Step::kCredentials && absl::IsUnavailable(failure.status);
  if (no_token) return since < kProvidersTrouble;
  if (type != AccountType::kPop3 || failure.step != Step::kLogin) return false;
  if (!absl::IsUnavailable(failure.status)) return false;
  return since < std::max<std::chrono::seconds>(kEverydayLife, kMissedLooks * interval);
}

absl::string_view FieldToBlame(const Failure& failure) {
  switch (net::SuspectOf(failure.status)) {
    case net::Suspect::kHost:
      return "host";
    case net::Suspect::kPort:
      return "port";
    case net::Suspect::kSecurity:
      return "ssl";
    case net::Suspect::kNone:
      break;
  }
  if (failure.step == Step::kCredentials) {
    return absl::IsFailedPrecondition(failure.status) ? "password" : "";
  }
  if (failure.step == Step::kConnect && absl::IsDeadlineExceeded(failure.status)) return "host";
  if (absl::IsPermissionDenied(failure.status)) return "ssl";
  if (failure.step == Step::kGreet && absl::IsDeadlineExceeded(failure.status)) return "ssl";
  if (absl::IsUnauthenticated(failure.status)) return "password";
  if (failure.step == Step::kGreet && absl::IsDataLoss(failure.status)) return "port";
  const bool refused =
      absl::IsFailedPrecondition(failure.status) || absl::IsInvalidArgument(failure.status);
  if (failure.step == Step::kOpenMailbox && refused) return "mailbox";
  if (failure.step == Step::kLogin && refused) return "login";
  return "";
}

}  // namespace postern::fetcher
