#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/sender/outbox/queue_view.h"

namespace postern::sender {

// The rpcs about the queue, sender.proto.
class QueueDesk {
 public:
  struct Parts {
    std::function<void()> mail_due;     // something may go
    std::function<void()> outcome_due;  // an author is to be told something
    // The gate of an account, for its mail that is due then.
    std::function<GateWait(const std::string& account_id, int64_t due_ms)> gate_of;
    std::function<std::vector<std::string>(const std::string& owner)> accounts_of;
  };

  QueueDesk(boost::asio::any_io_executor executor, QueueView& view, Parts parts)
      : view_(view), parts_(std::move(parts)), tasks_(executor) {}

  net::Task<absl::Status> List(const v1::ListQueueRequest& request,
                               v1::ListQueueResponse& response);
  net::Task<absl::Status> Show(const v1::ShowQueuedRequest& request,
                               v1::ShowQueuedResponse& response);
  // An author's own.
  net::Task<absl::Status> Waiting(const v1::ListWaitingRequest& request,
                                  v1::ListWaitingResponse& response);
  // What a filter fits is changed within a few seconds, or goes on in the background: the
  // answer counts what was done until then. Dated mails are made due when they are named, or when
  // the request says so.
  net::Task<absl::Status> Retry(const v1::RetryQueuedRequest& request,
                                v1::RetryQueuedResponse& response);
  net::Task<absl::Status> Hold(const v1::HoldQueuedRequest& request,
                               v1::HoldQueuedResponse& response);
  net::Task<absl::Status> Cancel(const v1::CancelQueuedRequest& request);

 private:
  enum class Change { kRetry, kHold, kRelease };
  // A way through the queue, in steps.
  struct Walk {
    Change change = Change::kRetry;
    bool dated = false;  // those, too
    QueueFilter filter;
    std::string after;
    int64_t changed = 0, left = 0;
    bool ended = false;
  };

  // Answers how far it came until the caller can't wait any more.
  net::Task<absl::StatusOr<Walk>> ChangeAll(Walk walk);
  net::Task<absl::Status> RetryOne(std::string beginning, v1::RetryQueuedResponse& response);
  net::Task<absl::Status> HoldOne(std::string beginning, bool release);
  net::Task<absl::Status> Step(Walk& walk);
  net::Task<void> GoOn(Walk walk);
  net::Task<absl::Status> WhyNotRetried(std::string queue_id);
  void Fill(const QueuedMail& mail, v1::QueuedMail& proto) const;

  QueueView& view_;
  const Parts parts_;
  net::TaskGroup tasks_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
