#include "services/fetcher/failure_sentence.h"

#include <gtest/gtest.h>

#include "lib/net/dial_error.h"

namespace postern::fetcher {
namespace {

TEST(FailureWording, TellsTheUserWhatFailedAndWhere) {
  Account account;
  account.host = "imap.example.org";
  account.port = 993;
  account.security = Security::kStartTls;
  account.mailbox = "Work\x1b";
  struct {
    Step step;
    absl::Status status;
    const char* says;
    const char* sentence;
    const char* field;
  } const cases[] = {
      {Step::kConnect,
       net::DialError(absl::StatusCode::kUnavailable, words::Word("$0: no such host name", "x"),
                      net::Suspect::kHost),
       "", "x: no such host name", "host"},
      {Step::kConnect, absl::DeadlineExceededError("no answer within 60 s"), "",
       "imap.example.org does not answer in time", "host"},
      {Step::kLogin, absl::UnauthenticatedError("imap: login refused: NO"), "Bad\r\n\x07password",
       "imap.example.org refused the login: wrong user name or password (server says: "
       "Bad password)",
       "password"},
      {Step::kGreet, absl::DeadlineExceededError("no answer within 10 s"), "",
       "imap.example.org port 993 says nothing; is it a port for TLS from the start?", "ssl"},
      {Step::kLogin, absl::UnauthenticatedError("imap: login refused: NO"), "",
       "imap.example.org refused the login: wrong user name or password", "password"},
      {Step::kLogin, absl::PermissionDeniedError("imap: the connection is not encrypted"), "",
       "imap.example.org: the connection is not encrypted, and a password must not travel so; "
       "choose TLS or STARTTLS",
       "ssl"},
      {Step::kLogin, absl::UnavailableError("imap: login refused: NO"), "Too many connections",
       "imap.example.org takes no login now (server says: Too many connections)", ""},
      {Step::kOpenMailbox, absl::FailedPreconditionError("imap: EXAMINE refused: NO"), "No such",
       "imap.example.org does not open the mailbox \"Work\": check its name (server says: No "
       "such)",
       "mailbox"},
      {Step::kOpenMailbox, absl::FailedPreconditionError("imap: EXAMINE refused: NO"), "",
       "imap.example.org does not open the mailbox \"Work\": check its name", "mailbox"},
      {Step::kRead, absl::UnavailableError("the server closed the connection"), "",
       "imap.example.org closed the connection", ""},
      {Step::kRead, absl::UnavailableError("imap: BYE"), "Shutting down",
       "imap.example.org closed the connection (server says: Shutting down)", ""},
      {Step::kGreet, absl::DataLossError("imap: this is no IMAP server"), "",
       "imap.example.org port 993 gives answers that make no sense; is it the right port?", "port"},
      {Step::kOpenMailbox, absl::DataLossError("imap: no UIDVALIDITY"), "",
       "imap.example.org gives answers that make no sense", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.sentence);
    Failure failure;
    failure.step = c.step;
    failure.status = c.status;
    failure.server_says = c.says;
    EXPECT_EQ(words::English(FailureWording(account, failure)), c.sentence);
    EXPECT_EQ(FieldToBlame(failure), c.field);
  }
}

TEST(FailureWording, SpeaksOfTheProviderWhereItGivesAccess) {
  Account account;
  account.host = "imap.example.org";
  account.oauth2_provider = "google";
  Failure failure;
  failure.step = Step::kLogin;
  failure.status = absl::UnauthenticatedError("imap: login refused: NO");
  failure.server_says = "Invalid";
  EXPECT_EQ(words::English(FailureWording(account, failure)),
            "imap.example.org does not take the access that its provider gave; sign in there again "
            "(server says: Invalid)");
  failure.step = Step::kCredentials;
  failure.status = absl::FailedPreconditionError("the password of this account is not known");
  EXPECT_EQ(FieldToBlame(failure), "password");
  failure.status = absl::UnauthenticatedError("no consent");
  EXPECT_EQ(FieldToBlame(failure), "") << "no field of the form can help";
}

TEST(FailureSentence, TellsEverydayLifeFromAnError) {
  const absl::Status in_use = absl::UnavailableError("pop3: login refused: IN-USE");
  struct {
    const char* name;
    AccountType type;
    Step step;
    absl::Status status;
    int64_t interval, since;
    bool everyday;
  } const cases[] = {
      {"in use", AccountType::kPop3, Step::kLogin, in_use, 60, 899, true},
      {"for long", AccountType::kPop3, Step::kLogin, in_use, 60, 900, false},
      {"missed two looks", AccountType::kPop3, Step::kLogin, in_use, 3600, 10'799, true},
      {"missed three looks", AccountType::kPop3, Step::kLogin, in_use, 3600, 10'800, false},
      {"not there", AccountType::kPop3, Step::kConnect, in_use, 60, 0, false},
      {"wrong password", AccountType::kPop3, Step::kLogin, absl::UnauthenticatedError("no"), 60, 0,
       false},
      {"IMAP", AccountType::kImap, Step::kLogin, in_use, 60, 0, false},
      {"no token", AccountType::kImap, Step::kCredentials, in_use, 60, 3599, true},
      {"no token for long", AccountType::kImap, Step::kCredentials, in_use, 60, 3600, false},
      {"no consent", AccountType::kImap, Step::kCredentials, absl::UnauthenticatedError("no"), 60,
       0, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Failure failure;
    failure.step = c.step;
    failure.status = c.status;
    const std::chrono::seconds interval(c.interval), since(c.since);
    EXPECT_EQ(IsEverydayLife(c.type, failure, interval, since), c.everyday);
  }
}

}  // namespace
}  // namespace postern::fetcher
