#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <string>
#include <utility>

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

// Table: which feature handles what. Each stanza runs in a coroutine of its own,
// stanzas of one user in the order they came; a bounded number wait (then the
// sender gets resource-constraint).
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
  // stanzas of type error and iq results go to OnReply handlers, else nowhere.
  void Route(Element stanza);

 private:
  std::string domain_;
  StanzaSink& sink_;
  net::TaskGroup& tasks_;
  std::map<std::pair<std::string, std::string>, IqHandler> iq_;
  Handler message_, presence_;
};

}  // namespace postern::xmpp_edge
