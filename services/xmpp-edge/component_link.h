#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/component_stream.h"
#include "services/xmpp-edge/stanza_sink.h"

namespace postern::xmpp_edge {

// The component link, kept up: connects, reconnects for ever, bounds what waits,
// and finds out when the other end is silently gone.
class ComponentLink : public StanzaSink {
 public:
  struct Settings {
    std::string host;
    uint16_t port = 5347;
    std::string domain;
    std::string secret;
    net::Duration idle = std::chrono::seconds(30);      // silence after which the server is asked
    net::Duration patience = std::chrono::seconds(15);  // for an answer to a barrier
  };
  using OnStanza = std::function<void(Element)>;
  using OnChange = std::function<void(bool up)>;

  // Larger stanzas are refused here: Prosody ends the whole stream over 512 KiB, and so do
  // servers of other domains.
  static constexpr size_t kMaxStanzaBytes = 480 * 1024;

  ComponentLink(boost::asio::any_io_executor executor, Settings settings, OnStanza on_stanza,
                OnChange on_change);

  // Until Close() or a cancel.
  net::Task<void> Run();
  // Ends the stream in good order and for good; takes at most 2 s.
  net::Task<void> Close();

  net::Task<absl::Status> Send(Element stanza) override;
  net::Task<absl::Status> Barrier() override;
  bool IsUp() const override { return up_; }
  // In words for an operator; empty while up.
  const std::string& why_down() const { return why_down_; }

 private:
  net::Task<absl::Status> LiveOnce();
  net::Task<absl::Status> RunStream(ComponentStream::Target target);
  net::Task<absl::Status> KeepAlive();
  net::Task<absl::Status> WaitConfirmed(uint64_t barrier, uint64_t life);
  void CameUp();
  void Drained();
  void WentDown(const absl::Status& why);
  void Take(Element stanza);
  std::string BarrierId(uint64_t number) const;
  bool TakeBarrier(const Element& stanza);

  boost::asio::any_io_executor executor_;
  Settings settings_;
  OnStanza on_stanza_;
  OnChange on_change_;
  net::Event space_, progress_, closed_;
  std::unique_ptr<ComponentStream> stream_;  // while there is one
  bool up_ = false;
  bool closing_ = false;
  bool full_ = false;  // senders wait until half of what is queued has gone
  uint64_t life_ = 0;  // counts the streams that came up
  std::string why_down_ = "not connected yet";
  std::chrono::steady_clock::time_point last_heard_;
  const std::string barrier_prefix_;  // an echo for a former process is none of ours
  uint64_t last_barrier_ = 0, confirmed_barrier_ = 0;
  bool barrier_is_last_ = false;  // nothing was written since the last barrier
};

}  // namespace postern::xmpp_edge
