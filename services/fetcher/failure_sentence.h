#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "lib/words/wording.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// How far an attempt to open a mailbox had come.
enum class Step { kConnect, kCredentials, kGreet, kLogin, kOpenMailbox, kRead };

struct Failure {
  Step step = Step::kConnect;
  absl::Status status;
  std::string server_says;  // its words, as they came
};

// One sentence for the account's user: what failed, where, what to do. No
// secrets; the server's words are cleaned and cut.
words::Wording FailureWording(const Account& account, const Failure& failure);

// Whether nobody need be told that a mailbox could not be looked into: another client has
// it locked, or has just logged in (POP3's IN-USE and LOGIN-DELAY), or the provider gives no
// access just now, which may go on for an hour. It was looked into
// `since`, and is to be every `interval`: after a while it is no everyday life any more.
bool IsEverydayLife(AccountType type, const Failure& failure, std::chrono::seconds interval,
                    std::chrono::seconds since);

// The field of the registration form to look at; empty when none is to blame.
absl::string_view FieldToBlame(const Failure& failure);

}  // namespace postern::fetcher
