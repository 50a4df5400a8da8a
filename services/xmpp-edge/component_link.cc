#include "services/xmpp-edge/component_link.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::xmpp_edge {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t kMaxQueuedBytes = 1024 * 1024;
constexpr milliseconds kFirstPause(500);
constexpr milliseconds kLongestPause(30'000);
constexpr seconds kResolveLimit(10);
constexpr seconds kCloseLimit(2);
constexpr absl::string_view kPingNs = "urn:xmpp:ping";

auto& link_up = metrics::Gauge("postern_edge_link_up", "1 while the component link is up");
auto& sent = metrics::Counter("postern_edge_stanzas_sent_total", "Stanzas written to the link");
auto& received =
    metrics::Counter("postern_edge_stanzas_received_total", "Stanzas read from the link");
auto& connects = metrics::Counter("postern_edge_link_connects_total", "How often the link came up");

// A tenth either way, so that replicas don't knock at the same time.
milliseconds Jittered(milliseconds pause) {
  static std::minstd_rand random(std::random_device{}());
  return pause * std::uniform_int_distribution<int>(90, 110)(random) / 100;
}

absl::Status DownStatus(const std::string& why) {
  return absl::UnavailableError(absl::StrCat("the XMPP server is not connected: ", why));
}

net::Task<absl::StatusOr<std::vector<std::string>>> Resolve(std::string host) {
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, found] =
      co_await resolver.async_resolve(host, "", asio::as_tuple(asio::use_awaitable));
  if (error) {
    co_return absl::UnavailableError(absl::StrCat(host, ": name not found: ", error.message()));
  }
  std::vector<std::string> addresses;
  for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
  co_return addresses;
}

}  // namespace

ComponentLink::ComponentLink(asio::any_io_executor executor, Settings settings, OnStanza on_stanza,
                             OnChange on_change)
    : executor_(executor),
      settings_(std::move(settings)),
      on_stanza_(std::move(on_stanza)),
      on_change_(std::move(on_change)),
      space_(executor),
      progress_(executor),
      closed_(executor),
      barrier_prefix_(absl::StrCat("barrier-", crypto::RandomId(8), "-")) {}

net::Task<void> ComponentLink::Run() {
  milliseconds pause = kFirstPause;
  while (!closing_) {
    const uint64_t lives = life_;
    const absl::Status why = co_await LiveOnce();
    if (life_ != lives) pause = kFirstPause;
    WentDown(why);
    if (closing_) break;
    log::Warn("XMPP link is down; will connect again",
              {{"server", absl::StrCat(settings_.host, ":", settings_.port)},
               {"domain", settings_.domain},
               {"reason", why.message()},
               {"pause_ms", pause.count()}});
    co_await net::Sleep(Jittered(pause));
    pause = std::min(pause * 2, kLongestPause);
  }
  closed_.Notify();
}

net::Task<absl::Status> ComponentLink::LiveOnce() {
  auto resolving = Resolve(settings_.host);
  auto addresses = co_await net::WithDeadline(kResolveLimit, std::move(resolving));
  if (!addresses.ok()) co_return addresses.status();
  absl::Status why = absl::UnavailableError(absl::StrCat(settings_.host, ": has no address"));
  for (const std::string& address : *addresses) {
    const uint64_t lives = life_;
    ComponentStream::Target target;
    target.address = address;
    target.port = settings_.port;
    target.domain = settings_.domain;
    target.secret = settings_.secret;
    why = co_await RunStream(std::move(target));
    if (life_ != lives || closing_) break;  // it worked; begin anew with the first address
  }
  co_return why;
}

net::Task<absl::Status> ComponentLink::RunStream(ComponentStream::Target target) {
  using asio::experimental::awaitable_operators::operator||;
  stream_ = std::make_unique<ComponentStream>(executor_, std::move(target));
  auto stream = stream_->Run([this] { CameUp(); }, [this](Element s) { Take(std::move(s)); },
                             [this] { Drained(); });
  auto keep_alive = KeepAlive();
  const auto ended = co_await (std::move(stream) || std::move(keep_alive));
  const absl::Status why = std::visit([](const absl::Status& s) { return s; }, ended);
  WentDown(why);
  stream_.reset();
  co_return why;
}

// XEP-0114 has no keepalive, and TCP's takes hours to see a peer that is gone.
net::Task<absl::Status> ComponentLink::KeepAlive() {
  while (true) {
    co_await net::Sleep(settings_.idle);
    if (!up_ || steady_clock::now() - last_heard_ < settings_.idle) continue;
    barrier_is_last_ = false;  // an old answer proves nothing now
    const absl::Status alive = co_await Barrier();
    if (!alive.ok()) co_return absl::UnavailableError("the server no longer answers");
  }
}

void ComponentLink::CameUp() {
  ++life_;
  up_ = true;
  why_down_.clear();
  last_heard_ = steady_clock::now();
  barrier_is_last_ = false;
  full_ = false;
  link_up.Set(1);
  connects.Increment();
  log::Info("XMPP link is up", {{"server", absl::StrCat(settings_.host, ":", settings_.port)},
                                {"domain", settings_.domain}});
  on_change_(true);
}

// All who wait wake at once, thousands of them: not for a few stanzas' room.
void ComponentLink::Drained() {
  if (!full_ || stream_->queued_bytes() > kMaxQueuedBytes / 2) return;
  full_ = false;
  space_.Notify();
}

void ComponentLink::WentDown(const absl::Status& why) {
  why_down_ = std::string(why.message());
  if (!up_) return;
  up_ = false;
  link_up.Set(0);
  space_.Notify();
  progress_.Notify();
  on_change_(false);
}

void ComponentLink::Take(Element stanza) {
  last_heard_ = steady_clock::now();
  received.Increment();
  if (!TakeBarrier(stanza)) on_stanza_(std::move(stanza));
}

net::Task<absl::Status> ComponentLink::Send(Element stanza) {
  std::string xml = ToXml(stanza, kComponentNs);
  if (xml.size() > kMaxStanzaBytes) {
    co_return absl::ResourceExhaustedError(
        absl::StrCat("a stanza of ", xml.size(), " bytes is more than a server takes"));
  }
  stanza = Element();  // thousands may wait here
  while (up_ && full_) co_await space_.Wait();
  if (!up_) co_return DownStatus(why_down_);
  sent.Increment();
  barrier_is_last_ = false;
  stream_->Write(std::move(xml));
  full_ = stream_->queued_bytes() > kMaxQueuedBytes;
  co_return absl::OkStatus();
}

// A ping to ourselves. The server reads a stream in order, so when it comes back
// (or is answered) all before it has been taken.
net::Task<absl::Status> ComponentLink::Barrier() {
  if (!up_) co_return DownStatus(why_down_);
  if (!barrier_is_last_) {
    Element ping =
        MakeStanza("iq", settings_.domain, settings_.domain, "get", BarrierId(++last_barrier_));
    ping.Add(MakeElement("ping", kPingNs));
    stream_->Write(ToXml(ping, kComponentNs));
    barrier_is_last_ = true;
  }
  auto confirming = WaitConfirmed(last_barrier_, life_);
  absl::Status confirmed = co_await net::WithDeadline(settings_.patience, std::move(confirming));
  if (!confirmed.ok()) barrier_is_last_ = false;  // the next caller asks for itself
  co_return confirmed;
}

net::Task<absl::Status> ComponentLink::WaitConfirmed(uint64_t barrier, uint64_t life) {
  while (up_ && life_ == life && confirmed_barrier_ < barrier) co_await progress_.Wait();
  if (life_ == life && confirmed_barrier_ >= barrier) co_return absl::OkStatus();
  co_return absl::UnavailableError("the XMPP link broke before the server confirmed");
}

std::string ComponentLink::BarrierId(uint64_t number) const {
  return absl::StrCat(barrier_prefix_, number);
}

bool ComponentLink::TakeBarrier(const Element& stanza) {
  if (stanza.name != "iq" || stanza.Attr("from") != settings_.domain) return false;
  absl::string_view id = stanza.Attr("id");
  uint64_t number = 0;
  if (!absl::ConsumePrefix(&id, barrier_prefix_) || !absl::SimpleAtoi(id, &number)) return false;
  confirmed_barrier_ = std::max(confirmed_barrier_, number);
  progress_.Notify();
  return true;
}

net::Task<void> ComponentLink::Close() {
  closing_ = true;
  if (stream_ == nullptr) co_return;
  stream_->Close();
  (void)co_await closed_.WaitFor(kCloseLimit);
}

}  // namespace postern::xmpp_edge
