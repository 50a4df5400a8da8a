#include "services/fetcher/visit_limits.h"

#include <utility>

#include "lib/words/wording.h"

namespace postern::fetcher {

VisitLimits::Pass::Pass(VisitLimits& limits, std::string key)
    : limits_(&limits), key_(std::move(key)) {
  ++limits_->inside_;
  ++limits_->by_key_[key_];
}

VisitLimits::Pass::Pass(Pass&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)), key_(std::move(other.key_)) {}

VisitLimits::Pass::~Pass() {
  if (limits_ == nullptr) return;
  --limits_->inside_;
  const auto found = limits_->by_key_.find(key_);
  if (--found->second == 0) limits_->by_key_.erase(found);
}

absl::StatusOr<VisitLimits::Pass> VisitLimits::Enter(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && found->second >= of_one_) {
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("the mail server is still busy with what you asked before; try again in a "
                    "moment"));
  }
  if (inside_ >= in_all_) {
    return words::Error(absl::StatusCode::kResourceExhausted,
                        words::Word("too many people ask for this at once; try again in a moment"));
  }
  return Pass(*this, key);
}

}  // namespace postern::fetcher
