#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Tells the edge what became of each mail, until it has heard it.
class OutcomeReporter {
 public:
  OutcomeReporter(boost::asio::any_io_executor executor, Outbox& outbox,
                  edge::v1::EdgeService::StubInterface& edge)
      : executor_(executor), outbox_(outbox), edge_(edge), wake_(executor), tellers_(executor) {}

  // There may be something to report.
  void Wake() { wake_.Notify(); }
  // For ever; mends itself when the edge or Redis goes away.
  net::Task<void> Run();

 private:
  struct Batch;

  // True when all that was to report was reported.
  net::Task<bool> Round();
  // All of a batch in one call. An error: they are to be told one by one.
  net::Task<absl::Status> TellTogether(const std::vector<Report>& reports);
  // Reports of a batch that nobody else of its tellers has begun to tell.
  net::Task<void> TellSome(std::shared_ptr<Batch> batch);
  net::Task<absl::Status> Tell(const Report& report);

  boost::asio::any_io_executor executor_;
  Outbox& outbox_;
  edge::v1::EdgeService::StubInterface& edge_;
  net::Event wake_;
  net::TaskGroup tellers_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
