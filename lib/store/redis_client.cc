#include "lib/store/redis_client.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/net/event.h"
#include "lib/store/redis_reply.h"
#include "lib/store/redis_url.h"

namespace postern::store {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using namespace std::chrono_literals;

namespace {

constexpr auto kCommandTimeout = 5s;
constexpr auto kFirstReconnect = 20ms, kSlowestReconnect = 1000ms;
constexpr size_t kMaxPending = 10'000;  // commands in flight; more is a jam

// A command in flight. Its coroutine sleeps on the timer; the answer cuts the
// sleep short. Shared with hiredis, which may answer after the coroutine has gone.
struct Pending {
  explicit Pending(asio::any_io_executor executor) : timer(executor, kCommandTimeout) {}
  asio::steady_timer timer;
  std::optional<absl::StatusOr<Reply>> answer;
};

absl::Status Away() { return absl::UnavailableError("redis: not connected"); }

std::string Sha1Hex(absl::string_view text) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

}  // namespace

Script::Script(absl::string_view source) : source_(source), sha1_(Sha1Hex(source)) {}

// The connection: hiredis's event hooks on an Asio descriptor, and its mending.
// hiredis frees its context by itself whenever the connection ends; our cleanup
// hook is the one place that learns of it.
class RedisClient::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::any_io_executor executor, RedisUrl url)
      : executor_(executor),
        url_(std::move(url)),
        descriptor_(executor),
        resolver_(executor),
        deadline_(executor),
        retry_(executor),
        up_(executor) {}

  // Begins to connect; ready() tells when it has.
  void Open();
  void Close();
  bool ready() const { return ready_; }
  net::Task<absl::StatusOr<Reply>> Command(std::vector<std::string> args);

 private:
  static void OnAnswer(redisAsyncContext*, void* reply, void* pending);
  static void OnHello(redisAsyncContext* context, void* reply, void* link);
  static void OnCleanup(void* link);
  void Connect(redisAsyncContext* context);
  void SetHooks();
  void SayHello();
  void Watch(bool& watching, stream_descriptor::wait_type direction);
  void RetryLater();
  absl::Status Issue(const std::vector<std::string>& args, std::shared_ptr<Pending> pending);

  asio::any_io_executor executor_;
  RedisUrl url_;
  redisAsyncContext* context_ = nullptr;
  stream_descriptor descriptor_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer deadline_;  // for a connection to become ready
  asio::steady_timer retry_;
  std::chrono::milliseconds next_retry_ = kFirstReconnect;
  net::Event up_;
  uint64_t connection_ = 0;  // counts connections: a late wake-up knows that it is late
  bool reading_ = false, writing_ = false, wants_read_ = false, wants_write_ = false;
  bool ready_ = false, closing_ = false;
  size_t in_flight_ = 0;
};

void RedisClient::Link::Open() {
  if (closing_ || context_) return;
  if (!url_.socket_path.empty()) return Connect(redisAsyncConnectUnix(url_.socket_path.c_str()));
  // hiredis would look the name up itself, and block everybody meanwhile.
  resolver_.async_resolve(url_.host, absl::StrCat(url_.port),
                          [self = shared_from_this()](boost::system::error_code error,
                                                      asio::ip::tcp::resolver::results_type found) {
                            if (self->closing_ || self->context_) return;
                            if (error || found.empty()) return self->RetryLater();
                            const std::string address =
                                found.begin()->endpoint().address().to_string();
                            self->Connect(redisAsyncConnect(address.c_str(), self->url_.port));
                          });
}

void RedisClient::Link::Connect(redisAsyncContext* context) {
  context_ = context;
  if (!context_ || context_->err != REDIS_OK) {
    if (context_) redisAsyncFree(context_);
    context_ = nullptr;
    return RetryLater();
  }
  ++connection_;
  descriptor_.assign(context_->c.fd);
  SetHooks();
  SayHello();
  deadline_.expires_after(kCommandTimeout);
  deadline_.async_wait(
      [self = shared_from_this(), connection = connection_](boost::system::error_code error) {
        const bool stuck = !error && connection == self->connection_ && !self->ready_;
        if (stuck && self->context_) redisAsyncFree(self->context_);
      });
}

void RedisClient::Link::SetHooks() {
  auto& ev = context_->ev;
  ev.data = this;
  ev.addRead = [](void* data) {
    auto* link = static_cast<Link*>(data);
    link->wants_read_ = true;
    link->Watch(link->reading_, stream_descriptor::wait_read);
  };
  ev.delRead = [](void* data) { static_cast<Link*>(data)->wants_read_ = false; };
  ev.addWrite = [](void* data) {
    auto* link = static_cast<Link*>(data);
    link->wants_write_ = true;
    link->Watch(link->writing_, stream_descriptor::wait_write);
  };
  ev.delWrite = [](void* data) { static_cast<Link*>(data)->wants_write_ = false; };
  ev.cleanup = &Link::OnCleanup;
  // Registering a connect callback is what makes hiredis wait for the connection.
  redisAsyncSetConnectCallback(context_, [](const redisAsyncContext*, int) {});
}

void RedisClient::Link::Watch(bool& watching, stream_descriptor::wait_type direction) {
  if (watching) return;
  watching = true;
  descriptor_.async_wait(direction, [self = shared_from_this(), &watching, direction,
                                     connection = connection_](boost::system::error_code error) {
    if (connection != self->connection_) return;
    watching = false;
    if (error || !self->context_) return;
    const bool read = direction == stream_descriptor::wait_read;
    if (read && self->wants_read_) redisAsyncHandleRead(self->context_);
    if (!read && self->wants_write_) redisAsyncHandleWrite(self->context_);
  });
}

void RedisClient::Link::OnCleanup(void* data) {
  auto* link = static_cast<Link*>(data);
  ++link->connection_;
  link->reading_ = link->writing_ = link->wants_read_ = link->wants_write_ = false;
  link->ready_ = false;
  link->context_ = nullptr;
  if (link->descriptor_.is_open()) link->descriptor_.release();  // hiredis closes it
  link->RetryLater();
}

void RedisClient::Link::RetryLater() {
  if (closing_) return;
  retry_.expires_after(next_retry_);
  next_retry_ = std::min<std::chrono::milliseconds>(next_retry_ * 2, kSlowestReconnect);
  retry_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->Open();
  });
}

// Logs in and makes sure that Redis is done loading its data before anybody uses it.
void RedisClient::Link::SayHello() {
  if (!url_.password.empty()) {
    redisAsyncCommand(context_, nullptr, nullptr, "AUTH %b", url_.password.data(),
                      url_.password.size());
  }
  if (url_.db != 0) redisAsyncCommand(context_, nullptr, nullptr, "SELECT %d", url_.db);
  redisAsyncCommand(context_, &Link::OnHello, this, "PING");
}

void RedisClient::Link::OnHello(redisAsyncContext*, void* reply, void* data) {
  auto* link = static_cast<Link*>(data);
  const auto* pong = static_cast<const redisReply*>(reply);
  if (!pong) return;  // the connection ended; OnCleanup follows
  if (pong->type == REDIS_REPLY_STATUS) {
    link->ready_ = true;
    link->next_retry_ = kFirstReconnect;
    link->up_.Notify();
    return;
  }
  // Loading, or the password is wrong: begin anew a little later. Not from inside
  // hiredis's callback.
  asio::post(link->executor_, [self = link->shared_from_this()] {
    if (self->context_) redisAsyncFree(self->context_);
  });
}

void RedisClient::Link::Close() {
  closing_ = true;
  retry_.cancel();
  deadline_.cancel();
  resolver_.cancel();
  if (context_) redisAsyncFree(context_);
}

void RedisClient::Link::OnAnswer(redisAsyncContext*, void* reply, void* data) {
  std::unique_ptr<std::shared_ptr<Pending>> holder(static_cast<std::shared_ptr<Pending>*>(data));
  Pending& pending = **holder;
  if (reply) {
    pending.answer = FromHiredis(*static_cast<const redisReply*>(reply));
  } else {
    pending.answer = absl::UnavailableError("redis: the connection was lost");
  }
  pending.timer.cancel();
}

absl::Status RedisClient::Link::Issue(const std::vector<std::string>& args,
                                      std::shared_ptr<Pending> pending) {
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const auto& arg : args) {
    words.push_back(arg.data());
    sizes.push_back(arg.size());
  }
  auto* holder = new std::shared_ptr<Pending>(std::move(pending));
  if (redisAsyncCommandArgv(context_, &Link::OnAnswer, holder, static_cast<int>(words.size()),
                            words.data(), sizes.data()) != REDIS_OK) {
    delete holder;
    return Away();
  }
  return absl::OkStatus();
}

net::Task<absl::StatusOr<Reply>> RedisClient::Link::Command(std::vector<std::string> args) {
  const auto self = shared_from_this();
  const auto give_up = std::chrono::steady_clock::now() + kCommandTimeout;
  while (!ready_) {
    const auto left = give_up - std::chrono::steady_clock::now();
    if (closing_ || left <= 0s) co_return Away();
    co_await up_.WaitFor(left);
  }
  if (in_flight_ >= kMaxPending) {
    co_return absl::UnavailableError("redis: too many commands are waiting for an answer");
  }
  auto pending = std::make_shared<Pending>(executor_);
  if (auto issued = Issue(args, pending); !issued.ok()) co_return issued;
  struct Counted {
    size_t& count;
    explicit Counted(size_t& c) : count(c) { ++count; }
    ~Counted() { --count; }
  } counted(in_flight_);
  co_await pending->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (pending->answer) co_return *std::move(pending->answer);
  if (pending->timer.expiry() > std::chrono::steady_clock::now()) {
    throw boost::system::system_error(asio::error::operation_aborted);  // our caller was cancelled
  }
  if (context_) redisAsyncFree(context_);  // a hanging connection is no use to anybody
  co_return absl::UnavailableError("redis: no answer in time");
}

RedisClient::RedisClient(std::shared_ptr<Link> link) : link_(std::move(link)) {}

RedisClient::~RedisClient() { link_->Close(); }

absl::StatusOr<std::unique_ptr<RedisClient>> RedisClient::Create(asio::any_io_executor executor,
                                                                 absl::string_view url) {
  auto parsed = ParseRedisUrl(url);
  if (!parsed.ok()) return parsed.status();
  auto link = std::make_shared<Link>(executor, *std::move(parsed));
  link->Open();
  return std::unique_ptr<RedisClient>(new RedisClient(std::move(link)));
}

net::Task<absl::StatusOr<Reply>> RedisClient::Command(std::vector<std::string> args) {
  return link_->Command(std::move(args));
}

net::Task<absl::StatusOr<Reply>> RedisClient::Run(const Script& script,
                                                  std::vector<std::string> keys,
                                                  std::vector<std::string> args) {
  std::vector<std::string> words = {"EVALSHA", script.sha1(), absl::StrCat(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), args.begin(), args.end());
  auto answer = co_await link_->Command(words);
  if (answer.ok() || !IsNoScript(answer.status())) co_return answer;
  words[0] = "EVAL";
  words[1] = script.source();
  co_return co_await link_->Command(std::move(words));
}

bool RedisClient::connected() const { return link_->ready(); }

}  // namespace postern::store
