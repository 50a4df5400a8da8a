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

// Shared by the coroutine that asks and the thread that looks.
struct Question {
  explicit Question(asio::any_io_executor executor) : answered(executor) {}
  Event answered;
  std::optional<Lookup> answer;
  std::atomic<bool> given_up = false;
};

struct GiveUpWhenGone {
  Question& question;
  ~GiveUpWhenGone() { question.given_up = true; }
};

}  // namespace

Resolver::Resolver() : threads_(kThreads) {}

Resolver::~Resolver() { threads_.stop(); }

Task<Lookup> Resolver::Resolve(std::string host) {
  boost::system::error_code is_a_name;
  const ip::address literal = ip::make_address(host, is_a_name);
  if (!is_a_name) co_return std::vector<ip::address>(1, literal);
  auto executor = co_await asio::this_coro::executor;
  auto question = std::make_shared<Question>(executor);
  const GiveUpWhenGone mark{*question};
  asio::post(threads_, [question, host, executor] {
    if (question->given_up) return;
    asio::post(executor, [question, found = LookUp(host)]() mutable {
      question->answer = std::move(found);
      question->answered.Notify();
    });
  });
  while (!question->answer) co_await question->answered.Wait();
  co_return *std::move(question->answer);
}

}  // namespace postern::net
