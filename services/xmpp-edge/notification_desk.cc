// XEP-0131 (Stanza Headers and Internet Metadata) and RFC 5437 (Sieve notifications by XMPP).

#include "services/xmpp-edge/notification_desk.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {

namespace {

constexpr absl::string_view kShimNs = "http://jabber.org/protocol/shim";
constexpr absl::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr size_t kMaxCondition = 40;

auto& sent_total = metrics::Counter("postern_edge_notifications_total",
                                    "Notifications of rules brought to their receiver");

// The JID of the contact that a mail address is here.
absl::StatusOr<std::string> ContactOf(absl::string_view address, absl::string_view domain) {
  const auto read = mail::ParseAddress(address);
  if (!read.ok()) return absl::InvalidArgumentError("from: this is no mail address");
  std::string contact = absl::StrCat(LocalpartOfAddress(*read), "@", domain);
  if (!ParseJid(contact).ok()) return absl::InvalidArgumentError("from: too long an address");
  return contact;
}

std::string KeyOf(absl::string_view id, absl::string_view receiver) {
  return absl::StrCat(id, "\n", receiver);
}

}  // namespace

// What is sent back while it lives is heard.
class NotificationDesk::Listening {
 public:
  Listening(std::map<std::string, std::string>& heard, std::string key)
      : heard_(heard), key_(std::move(key)) {
    heard_[key_].clear();
  }
  ~Listening() { heard_.erase(key_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  const std::string& condition() const { return heard_.at(key_); }

 private:
  std::map<std::string, std::string>& heard_;
  const std::string key_;
};

std::string RefusalCondition(const Element& stanza) {
  if (stanza.name != "message" || stanza.Attr("type") != "error") return "";
  const Element* const error = stanza.Child("error");
  if (error == nullptr) return "error";
  for (const Element& child : error->children) {
    const bool plain = std::all_of(child.name.begin(), child.name.end(),
                                   [](char c) { return absl::ascii_islower(c) || c == '-'; });
    if (child.ns == kStanzaErrors && child.name != "text" && plain &&
        child.name.size() <= kMaxCondition) {
      return child.name;
    }
  }
  return "error";
}

std::string RefusalWords(const std::string& condition) {
  const bool user = condition == "service-unavailable" || condition == "item-not-found";
  const bool server = absl::StartsWith(condition, "remote-server");
  return absl::StrCat("the server sent it back: ", condition,
                      user     ? " (there is no such user, or none who takes messages)"
                      : server ? " (there is no such Jabber server, or it can't be reached)"
                               : "");
}

Element NotificationStanza(const edge::v1::NotifyRequest& request, absl::string_view from,
                           const Words& words) {
  const bool note = !request.wording().text().empty();
  const char* type = note || request.chat() ? "chat" : request.headline() ? "headline" : "normal";
  Element message = MakeStanza("message", from, request.to(), type, request.notification_id());
  if (!request.subject().empty()) {
    message.AddText("subject", SanitizeXmlText(request.subject()));
  }
  message.AddText("body", SanitizeXmlText(note ? words.Say(rpc::FromProto(request.wording()))
                                               : request.body()));
  if (!request.urgency().empty()) {
    Element headers = MakeElement("headers", kShimNs);
    Element urgency = MakeElement("header");
    urgency.Set("name", "Urgency");
    urgency.text = request.urgency();
    headers.Add(std::move(urgency));
    message.Add(std::move(headers));
  }
  // XEP-0334: a headline is for now; the others are kept for the absent.
  if (!request.headline() || note) message.Add(MakeElement("store", "urn:xmpp:hints"));
  return message;
}

absl::Status NotificationDesk::Check(const edge::v1::NotifyRequest& request) const {
  if (request.notification_id().empty() || request.notification_id().size() > 128) {
    return absl::InvalidArgumentError("notification_id: empty or too long");
  }
  const auto to = ParseJid(request.to());
  if (!to.ok() || !to->resource.empty()) {
    return absl::InvalidArgumentError("to: this is no bare Jabber address");
  }
  if (to->domain == domain_ || absl::EndsWith(to->domain, absl::StrCat(".", domain_))) {
    return absl::InvalidArgumentError("to: an address of this gateway can't be notified");
  }
  if (request.body().size() > kMaxBody || request.subject().size() > kMaxBody) {
    return absl::InvalidArgumentError(absl::StrCat("body: more than ", kMaxBody, " bytes"));
  }
  const std::string& urgency = request.urgency();
  const bool known =
      urgency.empty() || urgency == "high" || urgency == "medium" || urgency == "low";
  return known ? absl::OkStatus() : absl::InvalidArgumentError("urgency: high, medium or low");
}

void NotificationDesk::Hear(const Element& stanza) {
  const std::string condition = RefusalCondition(stanza);
  if (condition.empty()) return;
  const auto from = ParseJid(stanza.Attr("from"));
  if (!from.ok()) return;
  const auto under_way = heard_.find(KeyOf(stanza.Attr("id"), from->Bare()));
  if (under_way != heard_.end()) under_way->second = condition;
}

net::Task<absl::Status> NotificationDesk::Notify(edge::v1::NotifyRequest request) {
  return Tell(std::move(request), false);
}

net::Task<absl::Status> NotificationDesk::NotifyUnlessRefused(edge::v1::NotifyRequest request) {
  return Tell(std::move(request), true);
}

net::Task<absl::Status> NotificationDesk::Tell(edge::v1::NotifyRequest request, bool heed_refusal) {
  if (absl::Status valid = Check(request); !valid.ok()) co_return valid;
  if (!sink_.IsUp()) co_return absl::UnavailableError("the XMPP server is not connected");
  const std::string key = absl::StrCat("notify:", request.to());
  const std::vector<std::string> ids = {request.notification_id()};
  auto known = co_await log_.Known(key, ids);
  if (!known.ok()) co_return known.status();
  if (known->front()) co_return absl::OkStatus();

  std::string from = domain_;
  if (!request.from().empty()) {
    auto contact = ContactOf(request.from(), domain_);
    if (!contact.ok()) co_return contact.status();
    from = *std::move(contact);
  }
  if (!request.account().empty()) {
    const auto account = directory_.Find(request.to(), request.account());
    if (account != nullptr) from = ContactJid(*account, domain_);
  }
  const Listening listening(heard_, KeyOf(request.notification_id(), request.to()));
  Element message = NotificationStanza(request, from, interpreter_.Of(request.to()));
  if (absl::Status sent = co_await sink_.Send(std::move(message)); !sent.ok()) co_return sent;
  absl::Status taken = co_await sink_.Barrier();
  const std::string& condition = listening.condition();
  if (heed_refusal && taken.ok() && !condition.empty()) {
    co_return absl::FailedPreconditionError(RefusalWords(condition));
  }
  if (taken.ok()) taken = co_await log_.Record(key, ids);
  if (!taken.ok()) co_return taken;
  log::Info("notification sent", {{"notification", request.notification_id()}});
  sent_total.Increment();
  co_return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
