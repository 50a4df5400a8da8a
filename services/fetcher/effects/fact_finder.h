#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/effects/sending_book.h"
#include "services/fetcher/folder_desk.h"

namespace postern::fetcher {

// What rules ask of an account's mailbox and of its owner's presence. Keys and values:
// services/rules/engine/facts.h.
class FactFinder {
 public:
  static constexpr size_t kMost = 200;  // for one mail

  FactFinder(FolderDesk& folders, const AvailabilityFeed& availability, const SendingBook& book)
      : folders_(folders), availability_(availability), book_(book) {}

  using Facts = std::map<std::string, std::string>;
  // A value for each key; what nobody here knows is "". An error: not now.
  net::Task<absl::StatusOr<Facts>> Find(std::shared_ptr<const Account> account,
                                        std::vector<std::string> keys);

 private:
  std::string NotifyCapability(absl::string_view question) const;

  FolderDesk& folders_;
  const AvailabilityFeed& availability_;
  const SendingBook& book_;
};

// "online", "away", … as EvaluateRequest.presence has it; "" when it is not known.
std::string PresenceWord(const Availability& availability);

}  // namespace postern::fetcher
