#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/stanza_sink.h"

namespace postern::xmpp_edge {

// A stanza on its way in: addressed to our domain, from and to parsed.
struct Incoming {
  Element stanza;
  Jid from, to;
  std::string lang;  // xml:lang of the stanza, "en" when absent
};

// Table: which feature handles what. The stanzas of one user run one after the
// other, in the order they came, and no user waits for another; a bounded number
// wait (then the sender gets resource-constraint).
class StanzaRouter {
 public:
  using Handler = std::function<net::Task<void>(Incoming)>;
  // An iq handler answers the whole reply (IqResult(...) or ErrorAnswer(...)).
  using IqHandler = std::function<net::Task<Element>(Incoming)>;

  StanzaRouter(std::string domain, StanzaSink& sink, net::TaskGroup& tasks);

  // iq get/set by the namespace of the payload. XEP-0050's is one of them.
  void OnIq(const std::string& type, const std::string& ns, IqHandler handler);
  void OnMessage(Handler handler);
  void OnPresence(Handler handler);

  // Takes a stanza from the link. Unknown iq get/set get service-unavailable;
  // stanzas of type error and iq results go nowhere: nothing is said to them.
  void Route(Element stanza);

  // How many stanzas may wait: of one user, and of all.
  static constexpr size_t kMaxWaitingOfUser = 64;
  static constexpr size_t kMaxWaiting = 8192;

 private:
  net::Task<void> WorkFor(std::string user);
  net::Task<void> Handle(Incoming incoming);
  net::Task<void> HandleIq(Incoming incoming);
  net::Task<void> Refuse(Element stanza);

  std::string domain_;
  StanzaSink& sink_;
  net::TaskGroup& tasks_;
  std::map<std::pair<std::string, std::string>, IqHandler> iq_;
  Handler message_, presence_;
  // A user is in it while a coroutine works for them.
  absl::flat_hash_map<std::string, std::deque<Incoming>> waiting_;
  size_t waiting_count_ = 0;
  size_t refusals_ = 0;  // under way
};

}  // namespace postern::xmpp_edge
