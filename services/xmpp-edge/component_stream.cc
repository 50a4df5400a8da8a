#include "services/xmpp-edge/component_stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strophe.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"

namespace postern::xmpp_edge {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr std::chrono::seconds kConnectLimit(10);
constexpr std::chrono::seconds kHandshakeLimit(15);
constexpr int kMaxHandedOver = 32;  // stanzas inside libstrophe's own, unbounded queue
constexpr int kMaxDepth = 64;       // of elements; nothing we serve is deeper

struct FreeContext {
  void operator()(xmpp_ctx_t* context) const { xmpp_ctx_free(context); }
};
struct ReleaseConnection {
  void operator()(xmpp_conn_t* connection) const { xmpp_conn_release(connection); }
};
using Context = std::unique_ptr<xmpp_ctx_t, FreeContext>;
using Connection = std::unique_ptr<xmpp_conn_t, ReleaseConnection>;

void InitializeOnce() {
  static const bool done = [] { return xmpp_initialize(), true; }();
  (void)done;
}

// libstrophe 0.12.2 never allocates the stream-management state of a component
// connection, and then looks into it at the first stanza. A client connection that
// fails before it touches the network has allocated one: take that.
void LendStreamManagementState(xmpp_ctx_t* context, xmpp_conn_t* connection) {
  const Connection donor(xmpp_conn_new(context));
  xmpp_conn_set_jid(donor.get(), "donor.invalid");
  xmpp_conn_set_sockopt_callback(donor.get(), [](xmpp_conn_t*, void*) { return -1; });
  const auto ignore = [](xmpp_conn_t*, xmpp_conn_event_t, int, xmpp_stream_error_t*, void*) {};
  xmpp_connect_raw(donor.get(), "127.0.0.1", 9, ignore, nullptr);
  if (xmpp_sm_state_t* state = xmpp_conn_get_sm_state(donor.get())) {
    xmpp_conn_set_sm_state(connection, state);
  }
}

Element ToElement(xmpp_ctx_t* context, xmpp_stanza_t* stanza, absl::string_view outer_ns,
                  int depth) {
  const char* ns = xmpp_stanza_get_ns(stanza);
  Element element = MakeElement(xmpp_stanza_get_name(stanza));
  const absl::string_view own_ns = ns == nullptr ? outer_ns : absl::string_view(ns);
  if (own_ns != outer_ns) element.ns = std::string(own_ns);

  std::vector<const char*> pairs(2 * xmpp_stanza_get_attribute_count(stanza));
  xmpp_stanza_get_attributes(stanza, pairs.data(), static_cast<int>(pairs.size()));
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (absl::string_view(pairs[i]) == "xmlns") continue;
    // libstrophe drops the prefix of attributes; xml:lang is the one that we read.
    const bool is_lang = absl::string_view(pairs[i]) == "lang";
    element.Set(is_lang ? "xml:lang" : pairs[i], pairs[i + 1]);
  }
  if (char* text = xmpp_stanza_get_text(stanza)) {
    element.text = text;
    xmpp_free(context, text);
  }
  for (xmpp_stanza_t* child = xmpp_stanza_get_children(stanza);
       child != nullptr && depth < kMaxDepth; child = xmpp_stanza_get_next(child)) {
    if (xmpp_stanza_is_tag(child)) element.Add(ToElement(context, child, own_ns, depth + 1));
  }
  return element;
}

absl::Status StreamErrorStatus(const xmpp_stream_error_t& error, const std::string& domain) {
  const std::string said =
      error.text == nullptr ? "" : absl::StrCat(" (the server says: ", error.text, ")");
  switch (error.type) {
    case XMPP_SE_NOT_AUTHORIZED:
      return absl::PermissionDeniedError(
          absl::StrCat("the server refused the secret for ", domain, said));
    case XMPP_SE_HOST_UNKNOWN:
    case XMPP_SE_INVALID_NS:
      return absl::PermissionDeniedError(
          absl::StrCat("the server has no component ", domain, "; is it configured there?", said));
    case XMPP_SE_CONFLICT:
      return absl::AlreadyExistsError(
          absl::StrCat("another component is connected as ", domain, said));
    case XMPP_SE_SYSTEM_SHUTDOWN:
      return absl::UnavailableError(absl::StrCat("the server is shutting down", said));
    case XMPP_SE_XML_NOT_WELL_FORMED:
    case XMPP_SE_POLICY_VIOLATION:
      return absl::UnavailableError(
          absl::StrCat("the server closed the stream over what we sent", said));
    default:
      return absl::UnavailableError(
          absl::StrCat("the server closed the stream with error ", error.type, said));
  }
}

}  // namespace

struct ComponentStream::State {
  State(asio::any_io_executor e, Target t)
      : target(std::move(t)), wake(e), came_up(e), never(e), socket(e) {}

  absl::Status Connect();
  void Step();
  void HandOver();
  net::Task<absl::Status> WaitConnected();
  net::Task<absl::Status> ReadLoop();
  net::Task<absl::Status> WriteLoop();
  net::Task<absl::Status> WatchHandshake();

  // Called by libstrophe.
  static int OnSocket(xmpp_conn_t*, void* fd);
  static void OnConnection(xmpp_conn_t*, xmpp_conn_event_t event, int error,
                           xmpp_stream_error_t* stream_error, void* self);
  static int OnRead(xmpp_conn_t*, xmpp_stanza_t* stanza, void* self);

  // The socket callback has no user data; it is called inside Connect() only.
  static inline thread_local State* connecting = nullptr;

  Target target;
  net::Event wake, came_up, never;
  OnUp on_up;
  OnStanza on_stanza;
  OnDrained on_drained;
  std::deque<std::string> queue;
  size_t queued_bytes = 0;
  bool up = false;
  bool ended = false;
  absl::Status why_ended;
  std::string socket_problem;
  stream_descriptor socket;  // a dup of libstrophe's, to wait on
  Context context;
  Connection connection;  // goes before its context
};

int ComponentStream::State::OnSocket(xmpp_conn_t*, void* fd_pointer) {
  const int fd = *static_cast<int*>(fd_pointer);
  if (fd >= FD_SETSIZE) {
    connecting->socket_problem = "too many files are open: libstrophe waits with select()";
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    connecting->socket_problem = std::strerror(errno);
    return -1;
  }
  connecting->socket.assign(copy);
  return 0;
}

void ComponentStream::State::OnConnection(xmpp_conn_t* connection, xmpp_conn_event_t event,
                                          int error, xmpp_stream_error_t* stream_error,
                                          void* self_pointer) {
  State& self = *static_cast<State*>(self_pointer);
  if (event == XMPP_CONN_CONNECT) {
    self.up = true;
    xmpp_handler_add(connection, &State::OnRead, nullptr, nullptr, nullptr, &self);
    self.came_up.Notify();
    self.on_up();
    return;
  }
  self.ended = true;
  self.why_ended =
      stream_error != nullptr
          ? StreamErrorStatus(*stream_error, self.target.domain)
          : absl::UnavailableError(error > 0 ? std::strerror(error) : "the server hung up");
  self.wake.Notify();
}

int ComponentStream::State::OnRead(xmpp_conn_t* connection, xmpp_stanza_t* stanza,
                                   void* self_pointer) {
  State& self = *static_cast<State*>(self_pointer);
  self.on_stanza(ToElement(xmpp_conn_get_context(connection), stanza, kComponentNs, 0));
  return 1;  // keep the handler
}

absl::Status ComponentStream::State::Connect() {
  InitializeOnce();
  context.reset(xmpp_ctx_new(nullptr, nullptr));  // no log: it would hold bodies
  connection.reset(xmpp_conn_new(context.get()));
  LendStreamManagementState(context.get(), connection.get());
  xmpp_conn_set_jid(connection.get(), target.domain.c_str());
  xmpp_conn_set_pass(connection.get(), target.secret.c_str());
  xmpp_conn_set_sockopt_callback(connection.get(), &State::OnSocket);
  connecting = this;
  const int result = xmpp_connect_component(connection.get(), target.address.c_str(), target.port,
                                            &State::OnConnection, this);
  connecting = nullptr;
  if (result == XMPP_EOK && socket.is_open()) return absl::OkStatus();
  return absl::UnavailableError(socket_problem.empty() ? "no connection" : socket_problem);
}

void ComponentStream::State::Step() {
  // What a handler queues is flushed by the next round, so there are always two.
  for (int round = 0; round < 2 && !ended; ++round) xmpp_run_once(context.get(), 0);
}

void ComponentStream::State::HandOver() {
  if (!up) return;
  const size_t before = queued_bytes;
  while (!queue.empty() && xmpp_conn_send_queue_len(connection.get()) < kMaxHandedOver) {
    xmpp_send_raw(connection.get(), queue.front().data(), queue.front().size());
    queued_bytes -= queue.front().size();
    queue.pop_front();
  }
  if (queued_bytes < before) on_drained();
}

// libstrophe would say that the server hung up, not why.
net::Task<absl::Status> ComponentStream::State::WaitConnected() {
  co_await socket.async_wait(stream_descriptor::wait_write, asio::use_awaitable);
  int problem = 0;
  socklen_t size = sizeof(problem);
  getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem != 0) co_return absl::UnavailableError(std::strerror(problem));
  co_return absl::OkStatus();
}

net::Task<absl::Status> ComponentStream::State::ReadLoop() {
  while (!ended) {
    co_await socket.async_wait(stream_descriptor::wait_read, asio::use_awaitable);
    Step();
  }
  co_return why_ended;
}

net::Task<absl::Status> ComponentStream::State::WriteLoop() {
  Step();
  while (!ended) {
    HandOver();
    Step();
    if (ended) break;
    if (xmpp_conn_send_queue_len(connection.get()) > 0) {
      co_await socket.async_wait(stream_descriptor::wait_write, asio::use_awaitable);
    } else if (queue.empty()) {
      co_await wake.Wait();
    }
  }
  co_return why_ended;
}

net::Task<absl::Status> ComponentStream::State::WatchHandshake() {
  const bool done = co_await came_up.WaitFor(kHandshakeLimit);
  if (!done) {
    co_return absl::UnavailableError(absl::StrCat(
        "no component handshake within ", kHandshakeLimit.count(), " s; is this the right port?"));
  }
  co_await never.Wait();  // the loops end this
  co_return absl::OkStatus();
}

ComponentStream::ComponentStream(asio::any_io_executor executor, Target target)
    : state_(std::make_unique<State>(executor, std::move(target))) {}

ComponentStream::~ComponentStream() = default;

net::Task<absl::Status> ComponentStream::Run(OnUp on_up, OnStanza on_stanza, OnDrained on_drained) {
  using asio::experimental::awaitable_operators::operator||;
  state_->on_up = std::move(on_up);
  state_->on_stanza = std::move(on_stanza);
  state_->on_drained = std::move(on_drained);
  if (absl::Status begun = state_->Connect(); !begun.ok()) co_return begun;
  auto connecting = state_->WaitConnected();
  const absl::Status connected = co_await net::WithDeadline(kConnectLimit, std::move(connecting));
  if (!connected.ok()) co_return connected;
  auto reading = state_->ReadLoop();
  auto writing = state_->WriteLoop();
  auto watching = state_->WatchHandshake();
  const auto ended = co_await (std::move(reading) || std::move(writing) || std::move(watching));
  if (state_->ended) co_return state_->why_ended;
  co_return std::visit([](const absl::Status& why) { return why; }, ended);
}

void ComponentStream::Write(std::string xml) {
  state_->queued_bytes += xml.size();
  state_->queue.push_back(std::move(xml));
  state_->wake.Notify();
}

size_t ComponentStream::queued_bytes() const { return state_->queued_bytes; }

void ComponentStream::Close() {
  if (state_->connection == nullptr || state_->ended) return;
  xmpp_disconnect(state_->connection.get());
  state_->wake.Notify();
}

}  // namespace postern::xmpp_edge
