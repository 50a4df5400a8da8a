#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/sender/routes/link_record.h"

namespace postern::sender {

// What brings a link up and down.
struct LinkSettings {
  std::string route;
  std::vector<std::string> up, down;  // the words of commands; no `up`: the link is always there
  std::chrono::seconds keep{60};
};

// A link that commands bring up when it is needed, and down when it was not for a while. One
// command runs at a time. One that fails is tried again after 10 s, doubling to 10 minutes, as
// long as somebody needs the link.
class Link {
 public:
  static constexpr std::chrono::seconds kCommandLimit{60};

  enum class State { kDown, kRising, kUp, kFalling, kFailed };
  // How many mails wait for the link, for its command.
  using CountWaiting = std::function<net::Task<uint64_t>()>;

  // `before`: the link that this one takes the place of, and waits for to be down; or null.
  Link(boost::asio::any_io_executor executor, LinkSettings settings, LinkRecord& record,
       CountWaiting waiting, std::shared_ptr<const Link> before = nullptr);

  // Returns when the link is up, and then it is in use until Close(). Any error, in words for
  // authors: it could not be brought up, and nothing is to be closed.
  net::Task<absl::Status> Open();
  void Close();

  // Brings it up and down; for ever.
  net::Task<void> Run();
  // Brings it down, when Run() has ended, within `patience`.
  net::Task<void> End(net::Duration patience);

  // After a failure it need not rest any longer.
  void EndRest();
  // Nobody will open it any more: it goes down as soon as it is not in use.
  void Retire();

  State state() const { return state_; }
  bool has_commands() const { return !settings_.up.empty(); }
  const std::string& problem() const { return problem_; }  // of kFailed, for operators

 private:
  using Clock = std::chrono::steady_clock;
  class Wanting;

  net::Task<void> Raise();
  net::Task<void> Lower();
  net::Task<bool> IsOthers();
  void Failed(const absl::Status& status);
  void Enter(State state);
  net::Duration UntilNext() const;
  // Who wants it has it not yet, but will in a moment.
  bool IsIdle() const { return state_ == State::kUp && users_ == 0 && wanting_ == 0; }

  bool IsDown() const { return state_ == State::kDown || state_ == State::kFailed; }

  LinkSettings settings_;
  LinkRecord& record_;
  const CountWaiting waiting_;
  std::shared_ptr<const Link> before_;
  State state_ = State::kDown;
  size_t wanting_ = 0, users_ = 0;
  uint64_t failures_ = 0;  // ever
  int in_a_row_ = 0;
  std::string problem_;
  Clock::time_point idle_since_{}, again_at_{};
  net::Event moved_;   // for who waits in Open()
  net::Event wanted_;  // for Run()
};

}  // namespace postern::sender
