#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/fetcher/mailbox_visit.h"
#include "tests/support/scripted_stream.h"

namespace postern::testing {

// Plays one script on each connection, and keeps what was wrong with any of them.
class ScriptDialer : public net::Dialer {
 public:
  explicit ScriptDialer(std::vector<ScriptedStream> scripts) : scripts_(std::move(scripts)) {}

  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> Dial(net::Endpoint) override {
    if (dialled_ == scripts_.size()) co_return absl::UnavailableError("nobody there");
    std::unique_ptr<net::ByteStream> stream =
        std::make_unique<Reporting>(scripts_[dialled_++], mismatch_);
    co_return std::move(stream);
  }

  size_t dialled() const { return dialled_; }
  // What did not go as in the scripts; "" when all did.
  const std::string& mismatch() const { return mismatch_; }

 private:
  class Reporting : public ScriptedStream {
   public:
    Reporting(const ScriptedStream& script, std::string& report)
        : ScriptedStream(script), report_(report) {}
    ~Reporting() override {
      absl::StrAppend(&report_, mismatch());
      if (!Remaining().empty()) absl::StrAppend(&report_, " not played: ", Remaining());
    }

   private:
    std::string& report_;
  };

  std::vector<ScriptedStream> scripts_;
  std::string mismatch_;
  size_t dialled_ = 0;
};

// A POP3 server, from its greeting to the login, and its two mails.
inline const std::string kPop3Login =
    "S: +OK hi\nC: CAPA\nS: +OK\nS: USER\nS: LOGIN-DELAY 60\nS: .\nC: USER ann\nS: +OK\nC: PASS "
    "secret\nS: +OK in\n";
inline const std::string kPop3List =
    "C: STAT\nS: +OK 2 100\nC: UIDL\nS: +OK\nS: 1 a\nS: 2 b\nS: .\n";

// What visits need, with one account whose password is stored.
struct VisitBench {
  explicit VisitBench(std::vector<ScriptedStream> scripts) : dialer(std::move(scripts)) {
    account.id = "acc";
    account.owner = "ann@example.org";
    account.host = "imap.example.org";
    account.port = 993;
    account.login = "ann";
    account.sealed_password = secrets.Seal(crypto::Secret("secret"), "acc");
  }
  fetcher::VisitParts Parts() {
    return {dialer, secrets, passwords, login_delays, fetcher::PasswordRule::kEncryptedOnly};
  }
  std::shared_ptr<const fetcher::Account> Copy() const {
    return std::make_shared<const fetcher::Account>(account);
  }

  ScriptDialer dialer;
  crypto::SecretBox secrets =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("k"), "test");
  crypto::PasswordKeeper passwords;
  fetcher::LoginDelays login_delays;
  fetcher::Account account;
};

}  // namespace postern::testing
