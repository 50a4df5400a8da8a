#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "lib/sasl/credentials.h"
#include "lib/sasl/mechanism.h"

namespace postern::sasl {

// The client's side of one login (RFC 4422), whatever protocol carries it. Challenges and
// responses are in base64, as IMAP, POP3 and SMTP send them. What it knows of the password is
// wiped when it goes. After an error the connection is of no more use, but for kUnimplemented.
class Exchange {
 public:
  // kInvalidArgument: the login or the secret holds what this mechanism can't carry.
  static absl::StatusOr<std::unique_ptr<Exchange>> Begin(Mechanism mechanism,
                                                         const Credentials& credentials);
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // True: its first response may go out with the command itself (RFC 4959, RFC 5034), as the
  // answer to an empty challenge.
  virtual bool SpeaksFirst() const = 0;

  // The response to a challenge, which may be empty. kDataLoss: the challenge makes no sense.
  // kUnimplemented: this server can't be served by this mechanism, and nothing was given away.
  // kFailedPrecondition, with a wording: the server has not proven who it is.
  absl::StatusOr<crypto::Secret> Respond(absl::string_view challenge);

  // The server says that we are in. kFailedPrecondition, with a wording: it had to prove that
  // it knows the password (RFC 5802 section 3), and didn't.
  virtual absl::Status Finish() { return absl::OkStatus(); }

  // True when a response went out that was made with the secret: a refusal before that can't
  // mean that the secret is wrong.
  bool spent() const { return spent_; }

 protected:
  Exchange() = default;
  void Spend() { spent_ = true; }

 private:
  // The same without base64.
  virtual absl::StatusOr<crypto::Secret> Step(absl::string_view challenge) = 0;
  // False: whatever the server says is answered in the same way.
  virtual bool ReadsChallenges() const { return false; }

  int steps_ = 0;
  bool spent_ = false;
};

// That the server is not what it claims to be; kFailedPrecondition, with a wording.
absl::Status NotProven();

}  // namespace postern::sasl
