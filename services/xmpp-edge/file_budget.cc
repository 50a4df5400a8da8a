#include "services/xmpp-edge/file_budget.h"

#include <chrono>
#include <utility>

#include "lib/net/event.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::minutes kMostWait(5);  // for the files of others

}  // namespace

struct FileBudget::State {
  explicit State(boost::asio::any_io_executor executor) : changed(executor) {}
  int drafts = 0;
  size_t bytes = 0;
  net::Event changed;
};

FileBudget::Claim::Claim(std::shared_ptr<State> state, size_t bytes)
    : state_(std::move(state)), bytes_(bytes) {
  ++state_->drafts;
  state_->bytes += bytes_;
}

FileBudget::Claim::~Claim() { End(0); }

void FileBudget::Claim::End(size_t bytes) {
  if (getting_) --state_->drafts;
  getting_ = false;
  state_->bytes -= bytes_ - bytes;
  bytes_ = bytes;
  state_->changed.Notify();
}

FileBudget::FileBudget(boost::asio::any_io_executor executor)
    : state_(std::make_shared<State>(executor)) {}

net::Task<std::shared_ptr<FileBudget::Claim>> FileBudget::Admit(size_t most) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + kMostWait;
  while (state_->drafts >= kMostAtOnce || state_->bytes + most > kMostBytes) {
    const auto left = until - Clock::now();
    if (left <= Clock::duration::zero()) co_return nullptr;
    co_await state_->changed.WaitFor(left);
  }
  co_return std::make_shared<Claim>(state_, most);
}

}  // namespace postern::xmpp_edge
