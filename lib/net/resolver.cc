#include "lib/net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "lib/net/dial_error.h"
#include "lib/net/event.h"

namespace postern::net {

namespace asio = boost::asio;
namespace ip = asio::ip;

namespace {

constexpr size_t kThreads = 32;
constexpr size_t kMaxAddresses = 4;  // of one name; more is a server farm or a game

using Lookup = absl::StatusOr<std::vector<ip::address>>;

absl::Status LookupError(const std::string& host, int code) {
  const bool for_now = code == EAI_AGAIN || code == EAI_MEMORY || code == EAI_SYSTEM;
  if (for_now) {
    return DialError(absl::StatusCode::kUnavailable,
                     words::Word("$0: the name can't be looked up just now; try again later", host),
                     Suspect::kNone);
  }
  return DialError(absl::StatusCode::kUnavailable,
                   words::Word("$0: no such host name; check how it is spelt", host),
                   Suspect::kHost);
}

// Blocks; runs on a resolver thread.
Lookup LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  // A machine with loopback alone has no "configured" address family at all.
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY || code == EAI_NODATA) {
    hints.ai_flags = 0;
    code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  }
  if (code != 0) return LookupError(host, code);
  std::vector<ip::address> addresses;
  for (const addrinfo* a = list; a && addresses.size() < kMaxAddresses; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(a->ai_addr);
      addresses.push_back(ip::address_v4(ntohl(in->sin_addr.s_addr)));
    } else if (a->ai_family == AF_INET6) {
      const auto* in6 = reinterpret_cast<const sockaddr_in6*>(a->ai_addr);
      ip::address_v6::bytes_type bytes;
      std::copy(std::begin(in6->sin6_addr.s6_addr), std::end(in6->sin6_addr.s6_addr),
                bytes.begin());
      addresses.push_back(ip::address_v6(bytes));
    }
  }
  ::freeaddrinfo(list);
  return addresses;
}

}  // namespace

// Shared by the coroutines that ask and the thread that looks.
struct Resolver::Question {
  explicit Question(asio::any_io_executor executor) : answered(executor) {}

  bool IsOfUse() const {
    if (!answer) return !given_up;
    const auto good_for = answer->ok() ? kGoodFor : kFailureGoodFor;
    return std::chrono::steady_clock::now() - answered_at < good_for;
  }

  Event answered;
  std::optional<Lookup> answer;
  std::chrono::steady_clock::time_point answered_at;
  int asking = 0;
  std::atomic<bool> given_up = false;  // nobody waits any more
};

Resolver::Resolver() : threads_(kThreads) {}

Resolver::~Resolver() { threads_.stop(); }

std::shared_ptr<Resolver::Question> Resolver::Find(const std::string& host) {
  const auto found = questions_.find(host);
  return found != questions_.end() && found->second->IsOfUse() ? found->second : nullptr;
}

void Resolver::Remember(const std::string& host, std::shared_ptr<Question> question) {
  if (questions_.size() >= kMost) {
    absl::erase_if(questions_, [](const auto& item) { return !item.second->IsOfUse(); });
  }
  if (questions_.size() < kMost) questions_[host] = std::move(question);
}

Task<Lookup> Resolver::Resolve(std::string host) {
  boost::system::error_code is_a_name;
  const ip::address literal = ip::make_address(host, is_a_name);
  if (!is_a_name) co_return std::vector<ip::address>(1, literal);
  std::shared_ptr<Question> question = Find(host);
  if (!question) {
    auto executor = co_await asio::this_coro::executor;
    question = std::make_shared<Question>(executor);
    Remember(host, question);
    asio::post(threads_, [question, host, executor] {
      if (question->given_up) return;
      asio::post(executor, [question, found = LookUp(host)]() mutable {
        question->answer = std::move(found);
        question->answered_at = std::chrono::steady_clock::now();
        question->answered.Notify();
      });
    });
  }
  struct Asking {
    Question& question;
    explicit Asking(Question& q) : question(q) { ++question.asking; }
    ~Asking() {
      if (--question.asking == 0) question.given_up = true;
    }
  } asking(*question);
  while (!question->answer) co_await question->answered.Wait();
  co_return *question->answer;
}

}  // namespace postern::net
