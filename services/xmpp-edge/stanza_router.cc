#include "services/xmpp-edge/stanza_router.h"

#include <chrono>

#include "lib/process/log.h"
#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {

namespace {

constexpr size_t kMaxRefusals = 64;   // answers under way; a flood beyond gets silence
constexpr size_t kMaxIdBytes = 1024;  // an answer repeats the id; no client's is longer
constexpr net::Duration kLook = std::chrono::milliseconds(10);

// Nothing is ever said to an error or a result: RFC 6120 section 8.3.1.
bool IsReply(const Element& stanza) {
  const absl::string_view type = stanza.Attr("type");
  return type == "error" || (stanza.name == "iq" && type == "result");
}

bool IsStanza(const Element& stanza) {
  return stanza.name == "message" || stanza.name == "presence" || stanza.name == "iq";
}

// What an element takes in memory, roughly.
size_t BytesOf(const Element& element) {
  constexpr size_t kAttribute = 2 * sizeof(std::string) + 32;  // with its node in the map
  size_t bytes = sizeof(Element) + element.name.size() + element.ns.size() + element.text.size();
  for (const auto& [key, value] : element.attrs) bytes += kAttribute + key.size() + value.size();
  for (const Element& child : element.children) bytes += BytesOf(child);
  return bytes;
}

}  // namespace

StanzaRouter::StanzaRouter(std::string domain, StanzaSink& sink, net::TaskGroup& tasks,
                           const Interpreter& interpreter)
    : domain_(std::move(domain)), sink_(sink), tasks_(tasks), interpreter_(interpreter) {}

void StanzaRouter::OnIq(const std::string& type, const std::string& ns, IqHandler handler) {
  iq_[{type, ns}] = std::move(handler);
}

void StanzaRouter::OnMessage(Handler handler) { message_ = std::move(handler); }

void StanzaRouter::OnPresence(Handler handler) { presence_ = std::move(handler); }

void StanzaRouter::OnPresenceLost(std::function<void(const std::string&)> lost) {
  presence_lost_ = std::move(lost);
}

void StanzaRouter::OnAny(std::function<void(const Incoming&)> listener) {
  any_ = std::move(listener);
}

void StanzaRouter::OnReply(std::function<void(const Element&)> listener) {
  reply_ = std::move(listener);
}

void StanzaRouter::Route(Element stanza) {
  if (reply_ && stanza.name == "iq" && IsReply(stanza)) reply_(stanza);
  if (!IsStanza(stanza) || IsReply(stanza)) return;
  auto from = ParseJid(stanza.Attr("from"));
  auto to = ParseJid(stanza.Attr("to"));
  // What claims to come from ourselves is an echo, never a user.
  if (!from.ok() || !to.ok() || to->domain != domain_ || from->domain == domain_) {
    log::Debug("stanza with addresses that can't be served dropped", {{"kind", stanza.name}});
    return;
  }

  const std::string user = from->Bare();
  if (closed_) {
    RefuseIfAsked(stanza, user, "service-unavailable", texts::Stopping);
    return;
  }
  const size_t bytes = BytesOf(stanza);
  const auto known = queues_.find(user);
  const bool busy = known != queues_.end();
  if (!HasRoom(busy ? known->second.load : Load(), bytes)) {
    RefuseIfAsked(stanza, user, "resource-constraint", texts::TooMuchAtOnce);
    if (stanza.name == "presence" && presence_lost_) presence_lost_(user);
    return;
  }
  Waiting next;
  next.bytes = bytes;
  next.incoming.lang = std::string(stanza.Attr("xml:lang"));
  next.incoming.stanza = std::move(stanza);
  next.incoming.from = *std::move(from);
  next.incoming.to = *std::move(to);
  Queue& queue = queues_[user];
  for (Load* load : {&queue.load, &load_}) {
    ++load->stanzas;
    load->bytes += bytes;
  }
  queue.waiting.push_back(std::move(next));
  if (!busy) tasks_.Spawn("stanzas of a user", WorkFor(user));
}

bool StanzaRouter::HasRoom(const Load& of_user, size_t bytes) const {
  return of_user.stanzas < kMaxWaitingOfUser && load_.stanzas < kMaxWaiting &&
         of_user.bytes + bytes <= kMaxBytesOfUser && load_.bytes + bytes <= kMaxBytes;
}

net::Task<void> StanzaRouter::WorkFor(std::string user) {
  Waiting next;
  while (Next(user, next)) {
    co_await Handle(std::move(next.incoming));
    Release(user, next.bytes);
  }
}

bool StanzaRouter::Next(const std::string& user, Waiting& next) {
  const auto queue = queues_.find(user);
  if (queue->second.waiting.empty()) {
    queues_.erase(queue);
    return false;
  }
  next = std::move(queue->second.waiting.front());
  queue->second.waiting.pop_front();
  return true;
}

void StanzaRouter::Release(const std::string& user, size_t bytes) {
  for (Load* load : {&queues_.at(user).load, &load_}) {
    --load->stanzas;
    load->bytes -= bytes;
  }
}

net::Task<void> StanzaRouter::Close(net::Duration limit) {
  closed_ = true;
  for (auto& [user, queue] : queues_) {
    for (const Waiting& waiting : std::exchange(queue.waiting, {})) {
      for (Load* load : {&queue.load, &load_}) {
        --load->stanzas;
        load->bytes -= waiting.bytes;
      }
      RefuseIfAsked(waiting.incoming.stanza, user, "service-unavailable", texts::Stopping);
    }
  }
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!queues_.empty() || refusals_ > 0) {
    if (std::chrono::steady_clock::now() >= until) co_return;
    co_await net::Sleep(kLook);
  }
}

net::Task<void> StanzaRouter::Handle(Incoming incoming) {
  if (any_) any_(incoming);
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
  if (answer.name.empty()) co_return;  // comes later
  // When the link is down the asker's server answers for us.
  (void)co_await sink_.Send(std::move(answer));
}

void StanzaRouter::RefuseIfAsked(const Element& stanza, const std::string& user,
                                 absl::string_view condition, Text text) {
  if (stanza.name == "presence" || refusals_ >= kMaxRefusals) return;
  if (stanza.Attr("id").size() > kMaxIdBytes) return;
  ++refusals_;
  const std::string said = text(interpreter_.Answering(user, stanza.Attr("xml:lang")));
  tasks_.Spawn("refuse stanza", Refuse(ErrorAnswer(stanza, "wait", condition, said)));
}

net::Task<void> StanzaRouter::Refuse(Element answer) {
  (void)co_await sink_.Send(std::move(answer));
  --refusals_;
}

}  // namespace postern::xmpp_edge
