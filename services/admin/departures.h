#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/process/service.h"
#include "lib/store/redis_client.h"
#include "services/admin/departure_notes.h"
#include "services/admin/peers.h"

namespace postern::admin {

// Has the rules service forget users who have gone: at once, or as soon as it is there again, and
// once more a minute later. Several replicas may do so at a time. Where no rules service is
// configured nothing is removed, and the notes stay until one is.
class Departures {
 public:
  Departures(boost::asio::any_io_executor executor, store::RedisClient& redis);
  // Before Run and Settle.
  void Connect(const process::Peers& peers);

  // Does what the notes say, until cancelled.
  net::Task<void> Run();
  // There may be a new note.
  void Wake() { work_.Notify(); }

  // Before something new is written for this user, a bare JID: what they left behind is removed
  // now, and not later any more. Waits some seconds for who is at it. kUnavailable, with a
  // wording: it can't be removed at the moment.
  net::Task<absl::Status> Settle(std::string user);

 private:
  // kNotFound: nothing is due.
  net::Task<absl::Status> RemoveDue();
  net::Task<absl::Status> Remove(DepartureNotes::Taken taken, bool drop);

  DepartureNotes notes_;
  Peer<rules::v1::RulesService> rules_;
  net::Event work_;
};

}  // namespace postern::admin
