#include "services/sender/mx/host_places.h"

#include <utility>

namespace postern::sender::mx {
namespace {

constexpr size_t kSweepAt = 1000;

}  // namespace

std::shared_ptr<Slots> HostPlaces::SlotsOf(const std::string& host) {
  if (hosts_.size() >= kSweepAt) {
    absl::erase_if(hosts_, [](const auto& one) { return one.second.expired(); });
  }
  std::weak_ptr<Slots>& known = hosts_[host];
  std::shared_ptr<Slots> slots = known.lock();
  if (slots) return slots;
  slots = std::make_shared<Slots>(executor_, most_);
  known = slots;
  return slots;
}

net::Task<std::unique_ptr<HostPlaces::Place>> HostPlaces::Wait(std::string host,
                                                               net::Duration limit) {
  const std::shared_ptr<Slots> slots = SlotsOf(host);
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!slots->Free()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left.count() <= 0) co_return nullptr;
    co_await net::EndsWithin(left, slots->WaitForOne());
  }
  co_return std::make_unique<Place>(slots);
}

}  // namespace postern::sender::mx
