#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/delivery/settlement.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Marks the dot of one mail in the outbox, while MAIL and RCPT are under way, and who has the mail.
class DotMark final : public BeforeDot {
 public:
  // `tasks` and `outbox` outlive the mark.
  // `fresh`: a mark that is older is asked for again; a third of a lease, which it renews.
  DotMark(boost::asio::any_io_executor executor, Outbox& outbox, net::TaskGroup& tasks, Lease lease,
          std::chrono::seconds fresh = std::chrono::seconds(5))
      : executor_(executor),
        outbox_(outbox),
        tasks_(tasks),
        lease_(std::move(lease)),
        fresh_(fresh) {}

  void Begin() override {
    if (asked_) return;
    asked_ = std::make_shared<Asked>(executor_);
    tasks_.Spawn("mark dot", Ask(outbox_, lease_, asked_));
  }
  net::Task<absl::Status> Mark() override {
    // Whoever stood still meanwhile (a slow server, SIGSTOP) may have lost the lease.
    const bool stale = asked_ && asked_->answer && Clock::now() - asked_->since > fresh_;
    if (stale) asked_.reset();
    Begin();
    while (!asked_->answer) co_await asked_->answered.Wait();
    co_return *asked_->answer;
  }
  net::Task<absl::Status> Keep(const smtp::Transaction& transaction) override {
    Settlement so_far = SentSoFar(transaction);
    if (so_far.outcomes.empty() || so_far.pending.empty()) co_return absl::OkStatus();
    absl::Status kept = co_await outbox_.Pass(lease_, std::move(so_far));
    // Else the settlement says it all, if we live to see it.
    if (absl::IsAborted(kept)) co_return kept;
    co_return absl::OkStatus();
  }

 private:
  using Clock = std::chrono::steady_clock;

  // By itself: the delivery may be broken off meanwhile.
  struct Asked {
    explicit Asked(boost::asio::any_io_executor executor) : answered(executor) {}
    net::Event answered;
    const Clock::time_point since = Clock::now();
    std::optional<absl::Status> answer;
  };
  static net::Task<void> Ask(Outbox& outbox, Lease lease, std::shared_ptr<Asked> asked) {
    asked->answer = co_await outbox.MarkDot(std::move(lease));
    asked->answered.Notify();
  }

  const boost::asio::any_io_executor executor_;
  Outbox& outbox_;
  net::TaskGroup& tasks_;
  const Lease lease_;
  const std::chrono::seconds fresh_;
  std::shared_ptr<Asked> asked_;
};

}  // namespace postern::sender
