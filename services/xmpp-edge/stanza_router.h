#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/xmpp-edge/interpreter.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/stanza_sink.h"

namespace postern::xmpp_edge {

// A stanza on its way in: addressed to our domain, from and to parsed.
struct Incoming {
  Element stanza;
  Jid from, to;
  std::string lang;  // xml:lang of the stanza; empty when absent
};

// Table: which feature handles what. The stanzas of one user run one after the
// other, in the order they came, and no user waits for another; what waits is
// bounded in number and in bytes (then the sender gets resource-constraint).
class StanzaRouter {
 public:
  using Handler = std::function<net::Task<void>(Incoming)>;
  // An iq handler answers the whole reply (IqResult(...) or ErrorAnswer(...)), or an
  // Element without a name when the reply is sent later (SlowAnswers).
  using IqHandler = std::function<net::Task<Element>(Incoming)>;

  StanzaRouter(std::string domain, StanzaSink& sink, net::TaskGroup& tasks,
               const Interpreter& interpreter);

  // iq get/set by the namespace of the payload. XEP-0050's is one of them.
  void OnIq(const std::string& type, const std::string& ns, IqHandler handler);
  void OnMessage(Handler handler);
  void OnPresence(Handler handler);
  // Sees every stanza just before its handler does.
  void OnAny(std::function<void(const Incoming&)> listener);
  // Called at once for each result and error of an iq, whoever sent it.
  void OnReply(std::function<void(const Element&)> listener);
  // Called for the sender (bare) of a presence that there is no room for: nobody is told.
  void OnPresenceLost(std::function<void(const std::string& user)> lost);

  // Takes a stanza from the link. Unknown iq get/set get service-unavailable;
  // stanzas of type error and iq results go nowhere: nothing is said to them.
  void Route(Element stanza);

  // Takes no new stanzas, answers those that wait with an error, and gives those
  // at work `limit` to end. Nothing is said for one at work: its mail may be stored.
  net::Task<void> Close(net::Duration limit);

  // How much may wait or be at work: of one user, and of all. Bytes as they lie in
  // memory: a stanza of tiny elements takes forty times what it took on the wire.
  static constexpr size_t kMaxWaitingOfUser = 64;
  static constexpr size_t kMaxWaiting = 8192;
  static constexpr size_t kMaxBytesOfUser = 8 * 1024 * 1024;
  static constexpr size_t kMaxBytes = 64 * 1024 * 1024;

 private:
  struct Load {
    size_t stanzas = 0, bytes = 0;
  };
  struct Waiting {
    Incoming incoming;
    size_t bytes = 0;
  };
  // One user's, while there are any.
  struct Queue {
    std::deque<Waiting> waiting;
    Load load;  // with the stanza at work
  };

  bool HasRoom(const Load& of_user, size_t bytes) const;
  net::Task<void> WorkFor(std::string user);
  // The stanza that has waited longest; it goes from the queue at once, so that
  // nobody but its handler holds what it says. False: none waits.
  bool Next(const std::string& user, Waiting& next);
  void Release(const std::string& user, size_t bytes);
  using Text = std::string (*)(const Words& words);
  void RefuseIfAsked(const Element& stanza, const std::string& user, absl::string_view condition,
                     Text text);
  net::Task<void> Handle(Incoming incoming);
  net::Task<void> HandleIq(Incoming incoming);
  net::Task<void> Refuse(Element answer);

  std::string domain_;
  StanzaSink& sink_;
  net::TaskGroup& tasks_;
  const Interpreter& interpreter_;
  std::map<std::pair<std::string, std::string>, IqHandler> iq_;
  Handler message_, presence_;
  std::function<void(const Incoming&)> any_;
  std::function<void(const Element&)> reply_;
  std::function<void(const std::string&)> presence_lost_;
  absl::flat_hash_map<std::string, Queue> queues_;  // of the users a coroutine works for
  Load load_;
  size_t refusals_ = 0;  // under way
  bool closed_ = false;
};

}  // namespace postern::xmpp_edge
