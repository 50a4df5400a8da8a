#pragma once

#include <chrono>
#include <map>
#include <string>

namespace postern::runner {

// Keeps a program that goes wrong time and again from being run for each mail. Pure but for the
// time that it is told.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kMostFailures = 5;  // in a row
  static constexpr std::chrono::seconds kPause{60};

  // False while `program` is left alone; after the pause one run may try.
  bool MayRun(const std::string& program, Clock::time_point now);
  // How a run went that MayRun() let pass. A program that ends by itself, with whatever exit code,
  // went well.
  void Ended(const std::string& program, bool well, Clock::time_point now);

 private:
  struct State {
    int failures = 0;
    Clock::time_point until;  // with kMostFailures: nobody runs it before
  };
  std::map<std::string, State> failing_;  // no more than there are programs in the lists
};

}  // namespace postern::runner
