#include "lib/http/client.h"

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/event.h"

namespace postern::http {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr size_t kMaxAnswerBytes = 64 * 1024;
constexpr long kConnectMs = 10'000, kTotalMs = 20'000;
constexpr long kMostConnections = 64, kMostKept = 8;

// One request while curl has it. Taken from curl, and wiped, when it goes.
struct Transfer {
  Transfer(CURLM* m, Request r, asio::any_io_executor executor)
      : multi(m), request(std::move(r)), easy(curl_easy_init()), done(executor) {}
  ~Transfer() {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    for (curl_slist* line = headers; line != nullptr; line = line->next) {
      for (volatile char* c = line->data; *c != '\0'; ++c) *c = ' ';
    }
    curl_slist_free_all(headers);
    curl_slist_free_all(resolved);
    crypto::Wipe(answer);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURLM* multi;
  Request request;
  CURL* easy;
  curl_slist* headers = nullptr;
  curl_slist* resolved = nullptr;
  std::string answer;
  std::optional<CURLcode> result;
  char why[CURL_ERROR_SIZE] = "";
  net::Event done;
};

size_t TakeAnswer(char* data, size_t size, size_t count, void* transfer) {
  std::string& answer = static_cast<Transfer*>(transfer)->answer;
  if (answer.size() + size * count > kMaxAnswerBytes) return CURL_WRITEFUNC_ERROR;
  answer.append(data, size * count);
  return size * count;
}

// "host:port" of an https URL.
std::string HostAndPort(absl::string_view url) {
  absl::ConsumePrefix(&url, "https://");
  const absl::string_view host = url.substr(0, url.find_first_of("/?#"));
  return host.find(':') == absl::string_view::npos ? absl::StrCat(host, ":443") : std::string(host);
}

// As CURLOPT_RESOLVE reads it; "+" lets the entry expire.
std::string Resolved(const Request& request) {
  const auto write = [](std::string* out, const asio::ip::address& address) {
    out->append(address.is_v6() ? absl::StrCat("[", address.to_string(), "]")
                                : address.to_string());
  };
  return absl::StrCat("+", HostAndPort(request.url), ":",
                      absl::StrJoin(request.addresses, ",", write));
}

void SayForm(CURL* easy, const crypto::Secret& form) {
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(form.Reveal().size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form.Reveal().c_str());  // not copied
}

// A connection of before may be to another address than those that were judged now.
void DialJudged(Transfer& transfer) {
  transfer.resolved = curl_slist_append(nullptr, Resolved(transfer.request).c_str());
  curl_easy_setopt(transfer.easy, CURLOPT_RESOLVE, transfer.resolved);
  curl_easy_setopt(transfer.easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(transfer.easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(transfer.easy, CURLOPT_PROXY, "");
}

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
    CURL* easy = transfer.easy;
    const Request& request = transfer.request;
    if (easy == nullptr) return false;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    if (request.form) SayForm(easy, *request.form);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTotalMs);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Postern");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeAnswer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.why);
    // The system's folder of CAs (CURLOPT_CAPATH) stays as it is compiled in.
    if (!ca_file_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_.c_str());
    if (!request.addresses.empty()) DialJudged(transfer);
    SayHeaders(transfer);
    return curl_multi_add_handle(multi_, easy) == CURLM_OK;
  }

  static void SayHeaders(Transfer& transfer) {
    const Request& request = transfer.request;
    if (!request.authorization.empty()) {
      const crypto::Secret header =
          crypto::Join({"Authorization: ", request.authorization.Reveal()});
      transfer.headers = curl_slist_append(nullptr, header.Reveal().c_str());
    }
    if (!request.accept.empty()) {
      const std::string accept = absl::StrCat("Accept: ", request.accept);
      transfer.headers = curl_slist_append(transfer.headers, accept.c_str());
    }
    curl_easy_setopt(transfer.easy, CURLOPT_HTTPHEADER, transfer.headers);
  }

  static absl::StatusOr<Answer> Outcome(Transfer& transfer) {
    if (*transfer.result == CURLE_WRITE_ERROR) {
      return absl::UnavailableError("http: the answer is too long");
    }
    if (*transfer.result != CURLE_OK) {
      const char* why =
          transfer.why[0] != '\0' ? transfer.why : curl_easy_strerror(*transfer.result);
      return absl::UnavailableError(absl::StrCat("http: ", why));
    }
    Answer answer;
    long status = 0;
    const char* type = nullptr;
    curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) answer.content_type = type;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    answer.body = transfer.answer;
    return answer;
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
