#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/stanza_sink.h"

namespace postern::xmpp_edge {

// How far the clocks of users' clients are from UTC (XEP-0202), asked when it is needed. At
// most 4096 are remembered, for six hours.
class ClientClocks {
 public:
  ClientClocks(std::string domain, StanzaSink& sink, boost::asio::any_io_executor executor);

  // Of one resource; nothing when it does not tell within two seconds.
  net::Task<std::optional<absl::TimeZone>> ZoneOf(Jid user);
  // The same, if it was asked before.
  std::optional<absl::TimeZone> Known(const std::string& full_jid) const;
  // A result or an error of an iq, from whomever.
  void Hear(const Element& reply);

 private:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    std::optional<absl::TimeZone> zone;
    Clock::time_point heard;
  };
  struct Question {
    std::string full_jid;
    std::shared_ptr<net::Event> answered;
  };

  const Answer* Fresh(const std::string& full_jid) const;

  const std::string domain_;
  StanzaSink& sink_;
  boost::asio::any_io_executor executor_;
  absl::flat_hash_map<std::string, Answer> answers_;      // by full JID
  absl::flat_hash_map<std::string, Question> questions_;  // by id; one for each stanza at work
};

// "+01:00", "-06:30" or "Z".
std::optional<absl::TimeZone> ReadZoneOffset(absl::string_view text);

}  // namespace postern::xmpp_edge
