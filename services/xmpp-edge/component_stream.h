#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// The namespace of everything on an XEP-0114 stream.
constexpr absl::string_view kComponentNs = "jabber:component:accept";

// One life of a component stream, from connect to its end. XEP-0114. Its .cc is
// the only file that includes libstrophe.
class ComponentStream {
 public:
  struct Target {
    std::string address;  // numeric: libstrophe would block to look up a name
    uint16_t port = 0;
    std::string domain;
    std::string secret;
  };
  using OnUp = std::function<void()>;
  using OnStanza = std::function<void(Element)>;
  using OnDrained = std::function<void()>;

  ComponentStream(boost::asio::any_io_executor executor, Target target);
  ~ComponentStream();

  // Connects, shakes hands, calls `on_up`, then `on_stanza` for each stanza; ends
  // with the stream and says why, in words for an operator. kPermissionDenied: the
  // secret or the domain was refused; kAlreadyExists: another component is
  // connected in our name; kUnavailable: anything that time may mend.
  // `on_drained` is called whenever queued bytes have been handed to the socket.
  net::Task<absl::Status> Run(OnUp on_up, OnStanza on_stanza, OnDrained on_drained);

  // Queues serialised XML; only once the stream is up. The caller keeps
  // queued_bytes() small.
  void Write(std::string xml);
  size_t queued_bytes() const;

  // Ends the stream in good order (</stream:stream>); Run() returns soon.
  void Close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::xmpp_edge
