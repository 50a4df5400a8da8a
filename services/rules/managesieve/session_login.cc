// AUTHENTICATE and UNAUTHENTICATE of a Session.
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/sasl/server_login.h"
#include "services/rules/managesieve/session.h"

namespace postern::rules::managesieve {
namespace {

constexpr int kMostFailures = 3;  // of a session
constexpr char kCancel[] = "*";

Reply NotNow() { return No("TRYLATER", "Logins can't be checked at the moment; try again later."); }

}  // namespace

net::Task<Session::Answer> Session::Authenticate(Command& command) {
  if (!MayLogIn())
    co_return Answer{No("ENCRYPT-NEEDED", "Log in over TLS: give STARTTLS first."), ""};
  const std::string mechanism = absl::AsciiStrToUpper(command.arguments[0].str());
  if (mechanism != kPlain && mechanism != kScram)
    co_return Answer{No("", absl::StrCat("Log in by ", kScram, " or ", kPlain, ".")), ""};
  crypto::Secret response;
  if (command.arguments.size() > 1) {
    response = std::move(command.arguments[1].text);
  } else {
    auto said = co_await Ask("");
    if (!said.ok()) co_return Object(said.status());
    response = *std::move(said);
  }
  absl::StatusOr<Reply> reply = NotNow();
  if (response.Reveal() == kCancel) {
    reply = No("", "The login was cancelled.");
  } else if (mechanism == kPlain) {
    reply = co_await LogInByPlain(std::move(response));
  } else {
    reply = co_await LogInByScram(std::move(response));
  }
  if (!reply.ok()) co_return Object(reply.status());
  co_return Answer{*std::move(reply), ""};
}

net::Task<Session::Answer> Session::Unauthenticate(Command&) {
  user_.clear();
  login_ = {};
  login_by_ = std::chrono::steady_clock::now() + waits_.login;
  co_return Answer{Ok("You are logged out."), ""};
}

// What the client says to a challenge, in base 64; "*": it gives up.
net::Task<absl::StatusOr<crypto::Secret>> Session::Ask(std::string challenge) {
  co_await Send(absl::StrCat(Quote(challenge), "\r\n"));
  if (over_) co_return absl::UnavailableError("managesieve: the client is gone");
  auto said = co_await Read(CommandReader::Mode::kResponse);
  if (!said.ok()) co_return said.status();
  if (said->arguments.size() != 1 || said->arguments[0].number)
    co_return absl::InvalidArgumentError("the response to a challenge is one string");
  co_return std::move(said->arguments[0].text);
}

net::Task<absl::StatusOr<Reply>> Session::LogInByPlain(crypto::Secret response) {
  auto said = sasl::ReadPlain(response.Reveal());
  if (!said.ok()) co_return said.status();
  Attempt attempt = co_await Begin(said->claim.user, said->claim.act_as);
  if (attempt.refusal) co_return *std::move(attempt.refusal);
  const bool right = crypto::IsPassword(said->password, attempt.verifier);
  if (right) co_return Admit(attempt, "");
  co_return Refuse(attempt.user);
}

net::Task<absl::StatusOr<Reply>> Session::LogInByScram(crypto::Secret response) {
  auto claim = sasl::ReadScramClaim(response.Reveal());
  if (!claim.ok()) co_return claim.status();
  Attempt attempt = co_await Begin(claim->user, claim->act_as);
  if (attempt.refusal) co_return *std::move(attempt.refusal);
  const auto login = sasl::ScramLogin::Begin(attempt.verifier);
  if (login == nullptr) co_return NotNow();
  auto challenge = login->Challenge(response.Reveal());
  if (!challenge.ok()) co_return challenge.status();
  auto proof = co_await Ask(*std::move(challenge));
  if (!proof.ok()) co_return proof.status();
  if (proof->Reveal() == kCancel) co_return No("", "The login was cancelled.");
  auto ours = login->Judge(proof->Reveal());
  if (absl::IsUnauthenticated(ours.status())) co_return Refuse(attempt.user);
  if (!ours.ok()) co_return ours.status();
  co_return Admit(attempt, absl::StrCat("SASL ", Quote(*ours)));
}

net::Task<Session::Attempt> Session::Begin(std::string user, std::string act_as) {
  Attempt attempt;
  attempt.user = absl::AsciiStrToLower(user);
  if (!act_as.empty() && absl::AsciiStrToLower(act_as) != attempt.user) {
    attempt.refusal = No("", "Nobody may log in for somebody else.");
    co_return attempt;
  }
  if (!limits_.Try(options_.address, options_.trusted, attempt.user, absl::Now())) {
    options_.on_login(LoginOutcome::kTooMany, attempt.user);
    attempt.refusal = Bye("TRYLATER",
                          "There were too many failed logins; try again in some "
                          "minutes.");
    co_return attempt;
  }
  auto verifier = co_await net::WithDeadline(waits_.storage, storage_.VerifierOf(attempt.user));
  if (verifier.ok()) {
    attempt.verifier = *std::move(verifier);
    co_return attempt;
  }
  limits_.TakeBack(options_.address, attempt.user);
  options_.on_login(LoginOutcome::kNotNow, attempt.user);
  attempt.refusal = NotNow();
  co_return attempt;
}

net::Task<bool> Session::IsStillWelcome() {
  auto verifier = co_await net::WithDeadline(waits_.storage, storage_.VerifierOf(user_));
  co_return !verifier.ok() || verifier->stored_key == key_;
}

Reply Session::Admit(const Attempt& attempt, std::string code) {
  const std::string& user = attempt.user;
  limits_.TakeBack(options_.address, user);
  Limits::Share login = limits_.LogIn(user);
  if (!login) {
    options_.on_login(LoginOutcome::kTooMany, user);
    return No("TRYLATER", "You are logged in too many times already.");
  }
  login_ = std::move(login);
  user_ = user;
  key_ = attempt.verifier.stored_key;
  failures_ = 0;
  options_.on_login(LoginOutcome::kDone, user);
  Reply reply = Ok(absl::StrCat("Welcome, ", user, "."));
  reply.code = std::move(code);
  return reply;
}

Reply Session::Refuse(const std::string& user) {
  options_.on_login(LoginOutcome::kRefused, user);
  if (++failures_ >= kMostFailures) return Bye("", "There were too many failed logins.");
  return No("",
            "The user name or the password is wrong. The user name is your whole Jabber address, "
            "the password the one that the gateway has made for your mail filters.");
}

}  // namespace postern::rules::managesieve
