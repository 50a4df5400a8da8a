#include "services/rules/sieve_port/sieve_port.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/keepalive.h"
#include "lib/net/listen.h"
#include "lib/net/server_stream.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/programs/program_desk.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules {

namespace asio = boost::asio;
using asio::ip::tcp;
using managesieve::LoginOutcome;

namespace {

using namespace std::chrono_literals;

// Out of descriptors, accepting fails at once for as long as somebody knocks.
constexpr auto kAcceptPause = 100ms;
constexpr auto kHandshakeLimit = 30s, kFarewellLimit = 2s;
constexpr size_t kMostTurnedAway = 50;  // at a time; the others are just cut off

prometheus::Counter& LoginsWith(const char* result) {
  return metrics::Counter("postern_rules_managesieve_logins_total",
                          "Logins of mail programs that edit scripts", {{"result", result}});
}
prometheus::Counter& TurnedAwayFor(const char* reason) {
  return metrics::Counter("postern_rules_managesieve_turned_away_total",
                          "Connections of mail programs that were not served",
                          {{"reason", reason}});
}
auto& done = LoginsWith("done");
auto& refused = LoginsWith("refused");
auto& too_often = LoginsWith("too_many");
auto& not_now = LoginsWith("not_now");
auto& denied = TurnedAwayFor("allow_deny");
auto& crowded = TurnedAwayFor("too_many");
auto& connections = metrics::Gauge("postern_rules_managesieve_connections",
                                   "Connections of mail programs that edit scripts");

prometheus::Counter& Logins(LoginOutcome outcome) {
  switch (outcome) {
    case LoginOutcome::kDone:
      return done;
    case LoginOutcome::kRefused:
      return refused;
    case LoginOutcome::kTooMany:
      return too_often;
    case LoginOutcome::kNotNow:
      break;
  }
  return not_now;
}

// Never what the client called the user, unless it is one: people type passwords there.
void Tell(LoginOutcome outcome, const std::string& user, const std::string& address) {
  Logins(outcome).Increment();
  if (outcome == LoginOutcome::kDone) {
    log::Info("a user logged in to edit scripts", {{"user", user}, {"address", address}});
  } else {
    log::Info("a login to edit scripts failed", {{"address", address}});
  }
}

managesieve::Offer MakeOffer() {
  return {POSTERN_VERSION, sieve::Extensions(), sieve::NotifyMethods(),
          EvaluationLimits().redirects};
}

}  // namespace

absl::StatusOr<jsmail::Acl> ReadWebmail(const std::vector<std::string>& addresses) {
  std::string entries;
  for (const std::string& address : addresses) {
    const std::string entry = absl::StrCat("allow remote ", address, "\n");
    const auto read = jsmail::Acl::Read(entry, "").acl;
    if (!read || read->size() != 1)
      return absl::InvalidArgumentError(
          absl::StrCat("'", address, "' is no address; like 192.0.2.7, 10.0.0.0/8, 2001:db8::/32"));
    absl::StrAppend(&entries, entry);
  }
  return *jsmail::Acl::Read(entries, "").acl;
}

SievePort::SievePort(asio::any_io_executor executor, PortOptions options,
                     managesieve::ScriptStorage& storage, Door door)
    : executor_(executor),
      options_(std::move(options)),
      storage_(storage),
      door_(std::move(door)),
      certificate_(options_.certificate_file, options_.key_file),
      limits_(managesieve::LimitOptions()),
      tasks_(executor) {}

absl::Status SievePort::Start() {
  if (options_.listen.empty() && options_.tls_listen.empty()) return absl::OkStatus();
  if (!options_.webmail.empty()) {
    auto webmail = ReadWebmail(options_.webmail);
    if (!webmail.ok()) return webmail.status();
    webmail_ = *std::move(webmail);
  }
  if (absl::Status s = certificate_.Load(); !s.ok()) return s;
  if (absl::Status s = Listen(options_.listen, false, plain_); !s.ok()) return s;
  if (absl::Status s = Listen(options_.tls_listen, true, encrypted_); !s.ok()) return s;
  tasks_.Spawn("certificate of managesieve", certificate_.Watch());
  return absl::OkStatus();
}

absl::Status SievePort::Listen(const std::string& address, bool tls_first,
                               std::optional<Acceptor>& acceptor) {
  if (address.empty()) return absl::OkStatus();
  auto listening = net::Listen(executor_, address);
  if (!listening.ok()) return listening.status();
  acceptor = *std::move(listening);
  tasks_.Spawn("managesieve port", Accept(*acceptor, tls_first));
  return absl::OkStatus();
}

net::Task<void> SievePort::Stop() { co_await tasks_.Stop(); }

net::Task<void> SievePort::Accept(Acceptor& acceptor, bool tls_first) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) co_await net::Sleep(kAcceptPause);
    if (error || tasks_.size() > managesieve::LimitOptions().connections + kMostTurnedAway)
      continue;
    tasks_.Spawn("managesieve client", Serve(std::move(socket), tls_first));
  }
}

net::Task<void> SievePort::Serve(Socket socket, bool tls_first) {
  boost::system::error_code error;
  asio::ip::address from = socket.remote_endpoint(error).address();
  if (error) co_return;  // gone again
  // "::ffff:192.0.2.7" came by IPv4.
  if (from.is_v6() && from.to_v6().is_v4_mapped())
    from = asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6());
  const std::string address = from.to_string();
  const jsmail::AclVerdict verdict = door_.Judge(address);
  if (!verdict.allowed) {
    denied.Increment();
    log::Info("a client of managesieve was turned away",
              {{"address", address}, {"reason", verdict.reason}});
    co_return;
  }
  const auto place = limits_.Connect(address, IsTrusted(address));
  if (!place) {
    crowded.Increment();
    if (!tls_first) co_await TurnAway(std::move(socket));
    co_return;
  }
  connections.Set(static_cast<double>(limits_.connections()));
  net::SetKeepalive(socket);
  co_await Converse(std::move(socket), address, tls_first);
  connections.Set(static_cast<double>(limits_.connections() - 1));
}

net::Task<void> SievePort::Converse(Socket socket, std::string address, bool tls_first) {
  net::ServerStream stream(std::move(socket), certificate_.current(), {});
  if (tls_first) {
    const absl::Status begun =
        co_await net::WithDeadline(kHandshakeLimit, stream.StartTls(address));
    if (!begun.ok()) {
      log::Debug("a client of managesieve did not get TLS to work",
                 {{"address", address}, {"error", begun.message()}});
      co_return;
    }
  }
  managesieve::Session session(stream, storage_, limits_, OptionsFor(address));
  co_await session.Run();
  co_await net::EndsWithin(kFarewellLimit, stream.Finish());
}

net::Task<void> SievePort::TurnAway(Socket socket) {
  net::ServerStream stream(std::move(socket), nullptr, {});
  const managesieve::Reply reply =
      managesieve::Bye("TRYLATER", "There are too many connections; try again later.");
  const absl::Status told =
      co_await net::WithDeadline(kFarewellLimit, stream.Write(managesieve::ToText(reply)));
  if (told.ok()) co_await net::EndsWithin(kFarewellLimit, stream.Finish());
}

managesieve::SessionOptions SievePort::OptionsFor(const std::string& address) const {
  managesieve::SessionOptions options;
  options.offer = MakeOffer();
  options.start_tls = certificate_.current() != nullptr;
  options.plaintext_logins = options_.allow_plaintext;
  options.address = address;
  options.trusted = IsTrusted(address);
  options.script_bytes = ProgramDesk::kMaxSourceBytes;
  options.on_login = [address](LoginOutcome outcome, const std::string& user) {
    Tell(outcome, user, address);
  };
  return options;
}

bool SievePort::IsTrusted(const std::string& address) const {
  return webmail_ && webmail_->Allows(jsmail::AclService::kRemote, address);
}

}  // namespace postern::rules
