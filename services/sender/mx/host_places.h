#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "services/sender/delivery/slots.h"

namespace postern::sender::mx {

// How many sessions one host gets from us at once, whoever's mail it is.
class HostPlaces {
 public:
  HostPlaces(boost::asio::any_io_executor executor, size_t most)
      : executor_(executor), most_(most) {}

  // One of them; given back however its holder ends.
  class Place {
   public:
    explicit Place(std::shared_ptr<Slots> slots) : slots_(std::move(slots)), slot_(*slots_) {}

   private:
    const std::shared_ptr<Slots> slots_;
    Slots::Slot slot_;
  };

  // Null when none came free within `limit`.
  net::Task<std::unique_ptr<Place>> Wait(std::string host, net::Duration limit);

 private:
  std::shared_ptr<Slots> SlotsOf(const std::string& host);

  boost::asio::any_io_executor executor_;
  const size_t most_;
  absl::flat_hash_map<std::string, std::weak_ptr<Slots>> hosts_;  // gone when nobody is there
};

}  // namespace postern::sender::mx
