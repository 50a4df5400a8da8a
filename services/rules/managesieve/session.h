#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "services/rules/managesieve/capabilities.h"
#include "services/rules/managesieve/command.h"
#include "services/rules/managesieve/limits.h"
#include "services/rules/managesieve/reply.h"
#include "services/rules/managesieve/script_storage.h"

namespace postern::rules::managesieve {

enum class LoginOutcome { kDone, kRefused, kTooMany, kNotNow };

struct SessionOptions {
  Offer offer;
  bool start_tls = false;         // there is a certificate
  bool plaintext_logins = false;  // passwords and scripts may travel in the clear
  std::string address;            // the client's
  bool trusted = false;           // Limits
  size_t script_bytes = 256 * 1024;
  // Told of each login that was tried, and what the client called the user.
  std::function<void(LoginOutcome outcome, const std::string& user)> on_login;
};

// How long a client is waited for.
struct Waits {
  net::Duration login = std::chrono::minutes(5);  // from the first moment until it is logged in
  net::Duration idle = std::chrono::minutes(30);  // then; no less, RFC 5804 section 1.2
  net::Duration piece = std::chrono::minutes(2);  // of a literal, or of what it is sent
  net::Duration storage = std::chrono::seconds(30);
};

// The server's side of one connection of ManageSieve (RFC 5804), encrypted already where TLS
// comes first. Commands are answered one by one, in their order.
class Session {
 public:
  // All that is handed in by reference outlives the session.
  Session(net::ByteStream& stream, ScriptStorage& storage, Limits& limits, SessionOptions options,
          Waits waits = {})
      : stream_(stream),
        storage_(storage),
        limits_(limits),
        options_(std::move(options)),
        waits_(waits) {}

  // Serves until the client leaves or is sent away.
  net::Task<void> Run();

 private:
  // What a command is answered by: lines, then the reply.
  struct Answer {
    Reply reply;
    std::string lines;
  };
  enum class When { kAlways, kLoggedIn, kLoggedOut };
  struct Row {
    absl::string_view name;
    absl::string_view arguments;  // s: a string, n: a number; o: a string that may be left out
    When when;
    net::Task<Answer> (Session::*serve)(Command& command);
  };
  static const Row* Find(absl::string_view name);
  static bool Fit(absl::string_view pattern, const std::vector<Argument>& arguments);

  net::Task<void> ServeNext();
  net::Task<Answer> Serve(Command command);
  Answer Object(const absl::Status& status);  // to what is no command
  net::Task<absl::StatusOr<Command>> Read(CommandReader::Mode mode);
  net::Task<absl::Status> ReadLine(CommandReader& reader);
  net::Task<absl::Status> ReadLiteral(CommandReader& reader);
  net::Task<void> Send(std::string text);
  net::Duration Patience() const;
  bool MayLogIn() const { return stream_.IsEncrypted() || options_.plaintext_logins; }
  std::string Capabilities() const;

  // session.cc
  net::Task<Answer> Capability(Command& command);
  net::Task<Answer> Logout(Command& command);
  net::Task<Answer> Noop(Command& command);
  net::Task<Answer> StartTls(Command& command);

  // session_login.cc
  net::Task<Answer> Authenticate(Command& command);
  net::Task<Answer> Unauthenticate(Command& command);
  net::Task<absl::StatusOr<crypto::Secret>> Ask(std::string challenge);
  net::Task<absl::StatusOr<Reply>> LogInByPlain(crypto::Secret response);
  net::Task<absl::StatusOr<Reply>> LogInByScram(crypto::Secret response);
  // A user's verifier, for an attempt that is counted. Otherwise the reply.
  struct Attempt {
    std::string user;
    crypto::ScramVerifier verifier;
    std::optional<Reply> refusal;
  };
  net::Task<Attempt> Begin(std::string user, std::string act_as);
  Reply Admit(const Attempt& attempt, std::string code);
  // False: the password with which the user logged in is void.
  net::Task<bool> IsStillWelcome();
  Reply Refuse(const std::string& user);

  // session_scripts.cc
  net::Task<Answer> HaveSpace(Command& command);
  net::Task<Answer> PutScript(Command& command);
  net::Task<Answer> CheckScript(Command& command);
  net::Task<Answer> ListScripts(Command& command);
  net::Task<Answer> SetActive(Command& command);
  net::Task<Answer> GetScript(Command& command);
  net::Task<Answer> DeleteScript(Command& command);
  net::Task<Answer> RenameScript(Command& command);
  net::Task<Answer> Store(std::string name, std::string source);

  net::ByteStream& stream_;
  ScriptStorage& storage_;
  Limits& limits_;
  const SessionOptions options_;
  const Waits waits_;
  std::chrono::steady_clock::time_point login_by_;
  std::string user_;  // empty: nobody is logged in
  std::string key_;   // of the verifier by which user_ was let in
  Limits::Share login_;
  std::vector<Limits::Share> held_;  // of the command that is being served
  int mistakes_ = 0, failures_ = 0;
  bool over_ = false;
};

}  // namespace postern::rules::managesieve
