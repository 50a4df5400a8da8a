#include "services/runner/breaker.h"

namespace postern::runner {

bool Breaker::MayRun(const std::string& program, Clock::time_point now) {
  const auto found = failing_.find(program);
  if (found == failing_.end() || found->second.failures < kMostFailures) return true;
  if (now < found->second.until) return false;
  found->second.until = now + kPause;  // the others wait for how this one goes
  return true;
}

void Breaker::Ended(const std::string& program, bool well, Clock::time_point now) {
  if (well) {
    failing_.erase(program);
    return;
  }
  State& state = failing_[program];
  if (++state.failures >= kMostFailures) state.until = now + kPause;
}

}  // namespace postern::runner
