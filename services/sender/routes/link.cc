#include "services/sender/routes/link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/routes/command.h"

namespace postern::sender {
namespace {

auto& links_up = metrics::Gauge("postern_sender_links_up", "Links of routes that are up");
auto& raised = metrics::Counter("postern_sender_link_commands_total",
                                "Commands that brought links up or down", {{"outcome", "done"}});
auto& not_raised =
    metrics::Counter("postern_sender_link_commands_total", "Commands that brought links up or down",
                     {{"outcome", "failed"}});

constexpr std::chrono::seconds kFirstPause{10}, kLongestPause{600}, kIdle{3600};
constexpr std::chrono::milliseconds kGlance{200};

absl::Status NotUp() {
  return words::Error(
      absl::StatusCode::kUnavailable,
      words::Word("the way that this mail takes out of here can't be opened at the moment"));
}

Command DownCommand(const LinkSettings& settings) {
  Command command;
  command.words = settings.down;
  command.environment = {absl::StrCat("POSTERN_ROUTE=", settings.route)};
  return command;
}

}  // namespace

// Says that somebody waits for the link, until it goes.
class Link::Wanting {
 public:
  explicit Wanting(Link& link) : link_(link) {
    ++link_.wanting_;
    link_.wanted_.Notify();
  }
  ~Wanting() {
    --link_.wanting_;
    link_.wanted_.Notify();
  }
  Wanting(const Wanting&) = delete;
  Wanting& operator=(const Wanting&) = delete;

 private:
  Link& link_;
};

Link::Link(boost::asio::any_io_executor executor, LinkSettings settings, LinkRecord& record,
           CountWaiting waiting, std::shared_ptr<const Link> before)
    : settings_(std::move(settings)),
      record_(record),
      waiting_(std::move(waiting)),
      before_(std::move(before)),
      moved_(executor),
      wanted_(executor) {
  if (!has_commands()) state_ = State::kUp;
}

net::Task<absl::Status> Link::Open() {
  // While it rests after a failure nobody waits.
  if (state_ == State::kFailed && Clock::now() < again_at_) co_return NotUp();
  const uint64_t failures = failures_;
  {
    Wanting wanting(*this);
    while (state_ != State::kUp && failures_ == failures) co_await moved_.Wait();
    if (state_ == State::kUp) ++users_;
  }
  if (failures_ != failures && state_ != State::kUp) co_return NotUp();
  co_return absl::OkStatus();
}

void Link::Close() {
  if (users_ > 0 && --users_ > 0) return;
  idle_since_ = Clock::now();
  wanted_.Notify();
}

void Link::EndRest() {
  again_at_ = Clock::now();
  wanted_.Notify();
}

void Link::Retire() {
  settings_.keep = std::chrono::seconds(0);
  wanted_.Notify();
}

net::Task<void> Link::Run() {
  if (!has_commands()) co_return;
  for (;;) {
    const auto now = Clock::now();
    if (wanting_ > 0 && state_ != State::kUp && now >= again_at_) {
      co_await Raise();
    } else if (IsIdle() && now >= idle_since_ + settings_.keep) {
      co_await Lower();
    } else {
      const net::Duration pause = UntilNext();
      co_await wanted_.WaitFor(pause);
    }
  }
}

net::Duration Link::UntilNext() const {
  const auto now = Clock::now();
  if (wanting_ > 0 && state_ == State::kFailed) return std::max(again_at_ - now, net::Duration(0));
  if (IsIdle()) {
    return std::max<net::Duration>(idle_since_ + settings_.keep - now, net::Duration(0));
  }
  return kIdle;
}

net::Task<void> Link::Raise() {
  Enter(State::kRising);
  while (before_ && !before_->IsDown()) co_await net::Sleep(kGlance);
  before_.reset();
  // On record first: whoever starts after a crash knows what may be up.
  absl::Status status = co_await record_.Enter(settings_.route);
  if (status.ok()) {
    // The mail that the link is wanted for is on its way already, and waits no more.
    uint64_t waiting = co_await waiting_();
    waiting = std::max<uint64_t>(waiting, 1);
    Command command;
    command.words = settings_.up;
    command.environment = {absl::StrCat("POSTERN_ROUTE=", settings_.route),
                           absl::StrCat("POSTERN_WAITING=", waiting)};
    status = co_await RunCommand(std::move(command), kCommandLimit);
  }
  if (!status.ok()) {
    Failed(status);
    (void)co_await record_.Strike(settings_.route);
    co_return;
  }
  raised.Increment();
  in_a_row_ = 0;
  problem_.clear();
  idle_since_ = Clock::now();
  log::Info("the link of a route is up", {{"route", settings_.route}});
  Enter(State::kUp);
}

void Link::Failed(const absl::Status& status) {
  not_raised.Increment();
  ++failures_;
  const auto pause =
      std::min<std::chrono::seconds>(kFirstPause * (1 << std::min(in_a_row_++, 6)), kLongestPause);
  again_at_ = Clock::now() + pause;
  problem_ = std::string(status.message());
  log::Warn("the link of a route can't be brought up; its mail waits",
            {{"route", settings_.route}, {"error", problem_}, {"again_in_s", pause.count()}});
  Enter(State::kFailed);
}

net::Task<bool> Link::IsOthers() {
  auto held = co_await record_.HeldByOthers(settings_.route);
  co_return held.ok() && *held;
}

net::Task<void> Link::Lower() {
  Enter(State::kFalling);
  const bool others = co_await IsOthers();
  if (!others && !settings_.down.empty()) {
    Command command = DownCommand(settings_);
    absl::Status status = co_await RunCommand(std::move(command), kCommandLimit);
    (status.ok() ? raised : not_raised).Increment();
    if (!status.ok()) {
      log::Warn("the link of a route was not brought down well",
                {{"route", settings_.route}, {"error", status.message()}});
    }
  }
  (void)co_await record_.Strike(settings_.route);
  log::Info("the link of a route is down", {{"route", settings_.route}});
  Enter(State::kDown);
}

net::Task<void> Link::End(net::Duration patience) {
  if (!has_commands() || state_ == State::kDown || state_ == State::kFailed) co_return;
  Enter(State::kFalling);
  const bool others = co_await IsOthers();
  if (!others && !settings_.down.empty()) {
    Command command = DownCommand(settings_);
    (void)co_await RunLastCommand(std::move(command), patience);
  }
  (void)co_await record_.Strike(settings_.route);
  Enter(State::kDown);
}

void Link::Enter(State state) {
  if (state_ != State::kUp && state == State::kUp) links_up.Increment();
  if (state_ == State::kUp && state != State::kUp) links_up.Decrement();
  state_ = state;
  moved_.Notify();
}

}  // namespace postern::sender
