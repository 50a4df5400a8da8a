#include "lib/http/client.h"

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/http/transfer.h"

namespace postern::http {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr long kMostConnections = 64, kMostKept = 8;

}  // namespace

// curl's sockets and its timer, on an io_context. Its handlers may come later than it goes.
class Client::Multi : public std::enable_shared_from_this<Multi> {
 public:
  Multi(asio::any_io_executor executor, std::string ca_file)
      : executor_(executor), timer_(executor), ca_file_(std::move(ca_file)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)initialised;
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kMostConnections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMostKept);
  }
  ~Multi() { curl_multi_cleanup(multi_); }  // lets go of the sockets, which Watch hears of

  net::Task<absl::StatusOr<Answer>> Ask(Request request) {
    Transfer transfer(multi_, std::move(request), executor_);
    if (!Begin(transfer)) co_return absl::UnavailableError("http: the request can't be made");
    while (!transfer.result) co_await transfer.done.Wait();
    co_return Outcome(transfer);
  }

 private:
  struct Socket {
    explicit Socket(asio::any_io_executor executor) : descriptor(executor) {}
    stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool reading = false, writing = false;
  };
  using SocketPtr = std::shared_ptr<Socket>;

  bool Begin(Transfer& transfer) {
    if (!Prepare(transfer, ca_file_)) return false;
    return curl_multi_add_handle(multi_, transfer.easy) == CURLM_OK;
  }

  // --- what curl asks for -----------------------------------------------------------
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* multi, void*) {
    static_cast<Multi*>(multi)->Watch(fd, what);
    return 0;
  }
  static int OnTimer(CURLM*, long ms, void* multi) {
    static_cast<Multi*>(multi)->SetTimer(ms);
    return 0;
  }

  void Watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
      const auto found = sockets_.find(fd);
      if (found == sockets_.end()) return;
      found->second->descriptor.release();  // curl closes it, or keeps it for the next request
      sockets_.erase(found);
      return;
    }
    SocketPtr& socket = sockets_[fd];
    if (!socket) {
      socket = std::make_shared<Socket>(executor_);
      boost::system::error_code failed;
      socket->descriptor.assign(fd, failed);  // else curl's own time limit ends the request
      if (failed) return;
    }
    socket->wanted = what;
    Arm(fd, socket);
  }

  void Arm(curl_socket_t fd, const SocketPtr& socket) {
    if (socket->wanted & CURL_POLL_IN) {
      WaitFor(fd, socket, socket->reading, stream_descriptor::wait_read, CURL_CSELECT_IN);
    }
    if (socket->wanted & CURL_POLL_OUT) {
      WaitFor(fd, socket, socket->writing, stream_descriptor::wait_write, CURL_CSELECT_OUT);
    }
  }

  void WaitFor(curl_socket_t fd, const SocketPtr& socket, bool& waiting,
               stream_descriptor::wait_type direction, int ready) {
    if (waiting) return;
    waiting = true;
    socket->descriptor.async_wait(direction, [weak = weak_from_this(), fd, socket, &waiting,
                                              ready](boost::system::error_code error) {
      waiting = false;
      const auto self = weak.lock();
      if (!self || error || !self->IsCurrent(fd, socket)) return;
      self->Act(fd, ready);
      if (self->IsCurrent(fd, socket)) self->Arm(fd, socket);
    });
  }

  bool IsCurrent(curl_socket_t fd, const SocketPtr& socket) const {
    const auto found = sockets_.find(fd);
    return found != sockets_.end() && found->second == socket;
  }

  void SetTimer(long ms) {
    timer_.cancel();
    if (ms < 0) return;
    timer_.expires_after(std::chrono::milliseconds(ms));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const auto self = weak.lock();
      if (self && !error) self->Act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  void Act(curl_socket_t fd, int ready) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, ready, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      transfer->result = message->data.result;
      transfer->done.Notify();
    }
  }

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  std::string ca_file_;
  CURLM* multi_ = nullptr;
  absl::flat_hash_map<curl_socket_t, SocketPtr> sockets_;
};

Client::Client(asio::any_io_executor executor, const std::string& extra_ca_file)
    : multi_(std::make_shared<Multi>(executor, extra_ca_file)) {}

Client::~Client() = default;

net::Task<absl::StatusOr<Answer>> Client::Ask(Request request) {
  return multi_->Ask(std::move(request));
}

}  // namespace postern::http
