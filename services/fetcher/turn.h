#pragma once

#include <chrono>

namespace postern::fetcher {

// How long one may go on before others get their turn. What has come already is read without
// a wait, so who reads much of it has to let go by itself:
//   if (turn.IsOver()) co_await net::Sleep(net::Duration::zero());
class Turn {
 public:
  static constexpr std::chrono::microseconds kLength{200};

  // The next one begins when it is.
  bool IsOver() {
    const auto now = std::chrono::steady_clock::now();
    if (now - began_ <= kLength) return false;
    began_ = now;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace postern::fetcher
