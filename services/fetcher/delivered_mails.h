#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "services/fetcher/known_mails.h"

namespace postern::fetcher {

// Which mails of a POP3 mailbox were handed on, and when: those alone may be removed from
// the server, so many days later, where their user wants that. 12 bytes a mail in Redis.
struct DeliveredMail {
  uint64_t key = 0;  // UidlKey
  int64_t at_unix = 0;
  bool operator==(const DeliveredMail&) const = default;
};

constexpr size_t kMostDelivered = 100'000;  // as many as a mailbox may hold; the newest
constexpr size_t kBytesOfDelivered = 12;
// Removed in one connection: it locks the mailbox meanwhile.
constexpr size_t kMostRemoved = 500;

// As they stand in Redis; what is no whole entry at the end is left out.
std::string PackDelivered(const std::vector<DeliveredMail>& mails);
std::vector<DeliveredMail> UnpackDelivered(absl::string_view packed);

// The mails of a whole listing that were handed on `days` ago or longer, oldest first in the
// listing. Not those in `fresh`, that are new again, and not those that share their id with
// another one of the listing.
std::vector<ListedMail> MailsToRemove(const std::vector<ListedMail>& listing,
                                      const absl::flat_hash_set<uint64_t>& fresh,
                                      const std::vector<DeliveredMail>& delivered, uint32_t days,
                                      int64_t now_unix);

// What is still worth knowing once `removed` are gone: the rest of what the listing names.
std::vector<DeliveredMail> StillThere(const std::vector<DeliveredMail>& delivered,
                                      const std::vector<ListedMail>& listing,
                                      const std::vector<ListedMail>& removed);

}  // namespace postern::fetcher
