#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/sent_records.h"

namespace postern::xmpp_edge {

// A mail of a user that the sender has and that has not left.
struct WaitingMail {
  sender::v1::QueuedMail queued;
  std::string subject;  // empty: not known
};

// What of a user's waits to be sent, for the word "outbox" and the command of that name.
class WaitingMails {
 public:
  static constexpr int kMostListed = 50;
  struct Listing {
    std::vector<WaitingMail> mails;  // the soonest first
    bool more = false;
  };

  explicit WaitingMails(FeatureContext context) : context_(context), records_(context.redis) {}

  net::Task<absl::StatusOr<Listing>> List(std::string user);
  // Answers what the user is told: that it is taken back, or why not.
  net::Task<std::string> TakeBack(std::string user, WaitingMail mail, const Words& words);

  // What both words say by chat. `beginning` is that of an id.
  net::Task<std::string> Tell(std::string user, const Words& words);
  net::Task<std::string> Cancel(std::string user, std::string beginning, const Words& words);

  // "\"Lunch\" to bob@example.net, on 2026-11-23 09:00 (Europe/Berlin)".
  std::string Line(const WaitingMail& mail, const Words& words) const;

 private:
  std::string When(const sender::v1::QueuedMail& mail, const Words& words) const;

  FeatureContext context_;
  SentRecords records_;
};

// How much of their ids tells mails apart; at least four letters.
size_t TellingLength(const std::vector<WaitingMail>& mails);

}  // namespace postern::xmpp_edge
