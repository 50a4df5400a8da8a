#include "services/fetcher/failure_sentence.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxServerWords = 200;

std::string ServerWords(const std::string& text) {
  const std::string clean = mail::CleanLine(text);
  if (clean.empty()) return "";
  return absl::StrCat(" (server says: ", mail::CutUtf8(clean, kMaxServerWords), ")");
}

std::string LoginSentence(const Account& account, const Failure& failure) {
  const std::string words = ServerWords(failure.server_says);
  if (absl::IsUnauthenticated(failure.status)) {
    return absl::StrCat(account.host, " refused the login: wrong user name or password", words);
  }
  if (absl::IsPermissionDenied(failure.status)) {
    return absl::StrCat(account.host,
                        ": the connection is not encrypted, and a password must not "
                        "travel so; choose TLS or STARTTLS");
  }
  if (absl::IsUnavailable(failure.status) && !words.empty()) {
    return absl::StrCat(account.host, " takes no login now", words);
  }
  return absl::StrCat(account.host, ": ", failure.status.message(), words);
}

}  // namespace

std::string FailureSentence(const Account& account, const Failure& failure) {
  // The dialer and the checks before it speak in sentences already.
  if (failure.step == Step::kConnect) return std::string(failure.status.message());
  if (failure.step == Step::kLogin) return LoginSentence(account, failure);
  const std::string words = ServerWords(failure.server_says);
  if (failure.step == Step::kOpenMailbox && absl::IsFailedPrecondition(failure.status)) {
    return absl::StrCat(account.host, " does not open the mailbox \"",
                        mail::CleanLine(account.mailbox), "\": check its name", words);
  }
  return absl::StrCat(account.host, ": ", failure.status.message(), words);
}

}  // namespace postern::fetcher
