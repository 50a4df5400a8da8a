#include "services/sender/mx/host_sessions.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_join.h"
#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"

namespace postern::sender::mx {
namespace {

namespace ip = boost::asio::ip;

auto& encrypted =
    metrics::Counter("postern_sender_mx_sessions_total", "Sessions with mail servers of recipients",
                     {{"protection", "tls"}});
auto& verified =
    metrics::Counter("postern_sender_mx_sessions_total", "Sessions with mail servers of recipients",
                     {{"protection", "verified"}});
auto& clear =
    metrics::Counter("postern_sender_mx_sessions_total", "Sessions with mail servers of recipients",
                     {{"protection", "none"}});

constexpr size_t kMostAddresses = 4;
constexpr std::chrono::seconds kPlaceLimit{30}, kOpenLimit{60};

bool IsVerified(const Protection& protection) {
  return !protection.checks || protection.checks->by != net::TlsChecks::By::kNothing;
}

absl::Status NotNow(const words::Wording& wording) {
  return words::Error(absl::StatusCode::kUnavailable, wording);
}

void Count(const HostSession& opened, const Protection& protection) {
  if (!opened.stream->IsEncrypted()) {
    clear.Increment();
  } else {
    (IsVerified(protection) ? verified : encrypted).Increment();
  }
}

// What a session's own words say to the owner of an account is of no use to an author.
absl::Status InWords(const std::string& host, const std::string& domains, bool tls,
                     const absl::Status& status) {
  const net::Suspect suspect = net::SuspectOf(status);
  if (absl::IsFailedPrecondition(status) && suspect == net::Suspect::kHost) {
    return NotNow(words::Word(
        "$0 does not prove to be the mail server of $1, so nothing was sent to it", host, domains));
  }
  if (tls && suspect == net::Suspect::kSecurity) {
    return NotNow(
        words::Word("$0 does not offer the encryption that $1 asks for, so nothing was sent to it",
                    host, domains));
  }
  if (absl::IsDeadlineExceeded(status)) {
    return NotNow(words::Word("$0 did not answer in time", host));
  }
  const auto wording = words::WordingOf(status);
  return NotNow(wording ? *wording : words::Word("$0 can't be reached just now", host));
}

}  // namespace

net::Task<absl::StatusOr<HostSessions::Addresses>> HostSessions::Find(std::string host,
                                                                      bool literal) {
  if (literal) {
    Addresses itself;
    itself.records.push_back(ip::make_address(host));
    co_return itself;
  }
  auto found = co_await dns_.Addresses(host);
  if (!found.ok()) {
    log::Info("the address of a mail server can't be looked up",
              {{"host", host}, {"error", found.status().message()}});
    co_return NotNow(words::Word("the address of $0 can't be looked up just now", host));
  }
  if (found->records.empty()) co_return NotNow(words::Word("$0 has no address", host));
  co_return found;
}

net::Task<absl::StatusOr<Protection>> HostSessions::Protect(std::string host,
                                                            const Addresses& addresses,
                                                            const Demands& demands) {
  std::optional<std::vector<net::TlsaRecord>> tlsa;
  if (demands.hosts_secure) {
    auto found = co_await FindTlsa(dns_, host, options_.port, addresses);
    if (!found.ok()) {
      log::Info("the TLSA records of a mail server can't be looked up",
                {{"host", host}, {"error", found.status().message()}});
      co_return NotNow(
          words::Word("what DNS says of the certificate of $0 can't be had just now "
                      "(DANE), so nothing was sent to it",
                      host));
    }
    tlsa = *std::move(found);
  }
  co_return ProtectionOf(host, tlsa, demands);
}

net::Task<HostSessions::Opened> HostSessions::OpenAt(net::Target target, bool tls,
                                                     std::string asked_by) {
  const std::string host = target.name;
  auto place = co_await places_.Wait(host, kPlaceLimit);
  if (!place) co_return NotNow(words::Word("$0 has all the connections that it gets", host));
  auto stream = co_await dialer_.DialAddress(std::move(target));
  if (absl::IsPermissionDenied(stream.status())) {
    co_return words::Error(absl::StatusCode::kPermissionDenied,
                           words::Word("$0 is at no public address", host));
  }
  if (!stream.ok()) co_return NotNow(words::Word("$0 can't be reached just now", host));
  auto opened = std::make_unique<HostSession>(std::move(place), *std::move(stream), host);
  smtp::Opening opening;
  opening.start_tls = tls;
  opening.start_tls_if_offered = !tls;
  opening.our_name = options_.our_name;
  opening.faults = &faults_;
  absl::Status begun = co_await net::WithDeadline(kOpenLimit, opened->session.Open(opening));
  if (!begun.ok()) {
    log::Info("a mail server is passed over", {{"host", host}, {"error", begun.message()}});
    co_return InWords(host, asked_by, tls, begun);
  }
  co_return opened;
}

net::Task<HostSessions::Opened> HostSessions::Open(std::string host, bool literal,
                                                   Demands demands) {
  auto addresses = co_await Find(host, literal);
  if (!addresses.ok()) co_return addresses.status();
  auto protection = co_await Protect(host, *addresses, demands);
  if (!protection.ok()) co_return protection.status();
  const std::string asked_by = absl::StrJoin(demands.domains, ", ");
  absl::Status last;
  size_t tried = 0;
  for (const ip::address& address : addresses->records) {
    if (tried++ == kMostAddresses) break;
    net::Target target;
    target.name = host;
    target.address = address;
    target.port = options_.port;
    target.checks = protection->checks;
    auto opened = co_await OpenAt(std::move(target), protection->tls, asked_by);
    if (opened.ok()) {
      Count(**opened, *protection);
      co_return opened;
    }
    // An address that can't be dialled at all says nothing of the others.
    if (last.ok() || absl::IsPermissionDenied(last)) last = opened.status();
  }
  co_return last;
}

static net::Task<void> SayGoodbye(std::unique_ptr<HostSession> session) {
  co_await session->session.Quit();
}

void HostSessions::Leave(std::unique_ptr<HostSession> session) {
  goodbyes_.Spawn("mx goodbye", SayGoodbye(std::move(session)));
}

}  // namespace postern::sender::mx
