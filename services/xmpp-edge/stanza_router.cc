#include "services/xmpp-edge/stanza_router.h"

#include "lib/process/log.h"

namespace postern::xmpp_edge {

namespace {

constexpr size_t kMaxRefusals = 64;  // answers under way; a flood beyond gets silence

// Nothing is ever said to an error or a result: RFC 6120 section 8.3.1.
bool IsReply(const Element& stanza) {
  const absl::string_view type = stanza.Attr("type");
  return type == "error" || (stanza.name == "iq" && type == "result");
}

bool IsStanza(const Element& stanza) {
  return stanza.name == "message" || stanza.name == "presence" || stanza.name == "iq";
}

}  // namespace

StanzaRouter::StanzaRouter(std::string domain, StanzaSink& sink, net::TaskGroup& tasks)
    : domain_(std::move(domain)), sink_(sink), tasks_(tasks) {}

void StanzaRouter::OnIq(const std::string& type, const std::string& ns, IqHandler handler) {
  iq_[{type, ns}] = std::move(handler);
}

void StanzaRouter::OnMessage(Handler handler) { message_ = std::move(handler); }

void StanzaRouter::OnPresence(Handler handler) { presence_ = std::move(handler); }

void StanzaRouter::Route(Element stanza) {
  if (!IsStanza(stanza) || IsReply(stanza)) return;
  auto from = ParseJid(stanza.Attr("from"));
  auto to = ParseJid(stanza.Attr("to"));
  // What claims to come from ourselves is an echo, never a user.
  if (!from.ok() || !to.ok() || to->domain != domain_ || from->domain == domain_) {
    log::Debug("stanza with addresses that can't be served dropped", {{"kind", stanza.name}});
    return;
  }

  const std::string user = from->Bare();
  std::deque<Incoming>& queue = waiting_[user];
  const bool idle = queue.empty();
  if (queue.size() >= kMaxWaitingOfUser || waiting_count_ >= kMaxWaiting) {
    if (idle) waiting_.erase(user);
    if (stanza.name == "presence" || refusals_ >= kMaxRefusals) return;
    ++refusals_;
    tasks_.Spawn("refuse stanza", Refuse(std::move(stanza)));
    return;
  }
  Incoming incoming;
  incoming.lang = std::string(stanza.Attr("xml:lang"));
  if (incoming.lang.empty()) incoming.lang = "en";
  incoming.stanza = std::move(stanza);
  incoming.from = *std::move(from);
  incoming.to = *std::move(to);
  queue.push_back(std::move(incoming));
  ++waiting_count_;
  if (idle) tasks_.Spawn("stanzas of a user", WorkFor(user));
}

net::Task<void> StanzaRouter::WorkFor(std::string user) {
  // The stanza at work stays at the front, so that Route() sees a busy user.
  while (!waiting_[user].empty()) {
    Incoming next = waiting_[user].front();
    co_await Handle(std::move(next));
    waiting_[user].pop_front();
    --waiting_count_;
  }
  waiting_.erase(user);
}

net::Task<void> StanzaRouter::Handle(Incoming incoming) {
  if (incoming.stanza.name == "iq") {
    co_await HandleIq(std::move(incoming));
  } else if (incoming.stanza.name == "message") {
    if (message_) co_await message_(std::move(incoming));
  } else if (presence_) {
    co_await presence_(std::move(incoming));
  }
}

net::Task<void> StanzaRouter::HandleIq(Incoming incoming) {
  const Element& iq = incoming.stanza;
  const std::string type(iq.Attr("type"));
  Element answer;
  // RFC 6120 section 8.2.3: get and set carry an id and exactly one payload.
  if ((type != "get" && type != "set") || iq.children.size() != 1 || iq.Attr("id").empty()) {
    answer = ErrorAnswer(iq, "modify", "bad-request");
  } else if (auto found = iq_.find({type, iq.children.front().ns}); found != iq_.end()) {
    answer = co_await found->second(std::move(incoming));
  } else {
    answer = ErrorAnswer(iq, "cancel", "service-unavailable");
  }
  // When the link is down the asker's server answers for us.
  (void)co_await sink_.Send(std::move(answer));
}

net::Task<void> StanzaRouter::Refuse(Element stanza) {
  Element answer = ErrorAnswer(stanza, "wait", "resource-constraint",
                               "Too much at once; please try again in a moment.");
  (void)co_await sink_.Send(std::move(answer));
  --refusals_;
}

}  // namespace postern::xmpp_edge
