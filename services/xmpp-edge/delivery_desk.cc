#include "services/xmpp-edge/delivery_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/mail_to_message.h"

namespace postern::xmpp_edge {

namespace {

constexpr int kMaxFull = 32;
constexpr int kMaxDigest = 200;
// Of a digest, this many mails can be answered without naming the recipient.
constexpr size_t kRememberedOfDigest = 16;

auto& delivered_total =
    metrics::Counter("postern_edge_mails_delivered_total", "Mails brought to their user");
auto& duplicates_total =
    metrics::Counter("postern_edge_mails_duplicate_total", "Mails that had been delivered before");
auto& held_total =
    metrics::Counter("postern_edge_mails_held_total", "Mails that the user's presence held back");

absl::Status Check(const edge::v1::DeliverRequest& request) {
  const bool digest = request.mode() == edge::v1::DELIVERY_MODE_DIGEST;
  if (!digest && request.mode() != edge::v1::DELIVERY_MODE_FULL) {
    return absl::InvalidArgumentError("mode: neither FULL nor DIGEST");
  }
  const int most = digest ? kMaxDigest : kMaxFull;
  if (request.deliveries().empty() || request.deliveries_size() > most) {
    return absl::InvalidArgumentError(absl::StrCat("deliveries: from 1 to ", most));
  }
  for (const edge::v1::Delivery& delivery : request.deliveries()) {
    if (delivery.delivery_id().empty() || delivery.delivery_id().size() > 128) {
      return absl::InvalidArgumentError("delivery_id: empty or too long");
    }
    if (digest && !delivery.to().empty()) {
      return absl::InvalidArgumentError("to: a digest is the account's owner's alone");
    }
  }
  return absl::OkStatus();
}

// Only people who have accounts here get mail of others by it.
absl::Status CheckReceivers(const edge::v1::DeliverRequest& request,
                            const AccountDirectory& directory) {
  for (const edge::v1::Delivery& delivery : request.deliveries()) {
    if (!delivery.to().empty() && !directory.Has(delivery.to())) {
      return absl::InvalidArgumentError("to: nobody of this address has an account here");
    }
  }
  return absl::OkStatus();
}

bool Wants(admin::v1::Action action, edge::v1::DeliveryMode mode) {
  return (action == admin::v1::ACTION_FULL && mode == edge::v1::DELIVERY_MODE_FULL) ||
         (action == admin::v1::ACTION_DIGEST && mode == edge::v1::DELIVERY_MODE_DIGEST);
}

// The same mails make the same digest, whoever asks again.
std::string DigestId(const std::vector<std::string>& delivery_ids) {
  return crypto::Sha256Hex(absl::StrCat(absl::StrJoin(delivery_ids, "\n"), "\n")).substr(0, 32);
}

std::vector<std::string> Ids(const std::vector<edge::v1::Delivery>& deliveries) {
  std::vector<std::string> ids;
  for (const edge::v1::Delivery& delivery : deliveries) ids.push_back(delivery.delivery_id());
  return ids;
}

Envelope EnvelopeFor(const admin::v1::Account& account, const std::string& domain,
                     std::string stanza_id) {
  Envelope envelope;
  envelope.domain = domain;
  envelope.contact = ContactJid(account, domain);
  envelope.user = account.owner();
  envelope.stanza_id = std::move(stanza_id);
  envelope.now_unix = absl::ToUnixSeconds(absl::Now());
  return envelope;
}

// For somebody else the account is no contact: the mail comes from the gateway.
Envelope EnvelopeFor(const admin::v1::Account& account, const std::string& domain,
                     const edge::v1::Delivery& delivery) {
  Envelope envelope = EnvelopeFor(account, domain, delivery.delivery_id());
  envelope.headers_only = delivery.headers_only();
  if (delivery.to().empty()) return envelope;
  envelope.contact = domain;
  envelope.user = delivery.to();
  return envelope;
}

// Keeps an account to one call, until it leaves the scope.
class Turn {
 public:
  Turn(absl::flat_hash_set<std::string>& busy, const std::string& account_id)
      : busy_(busy), account_id_(account_id), taken_(busy.insert(account_id).second) {}
  ~Turn() {
    if (taken_) busy_.erase(account_id_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool taken() const { return taken_; }

 private:
  absl::flat_hash_set<std::string>& busy_;
  std::string account_id_;
  bool taken_;
};

}  // namespace

admin::v1::Action ActionFor(const admin::v1::PresenceActions& actions, edge::v1::Show show) {
  switch (show) {
    case edge::v1::SHOW_CHAT:
      return actions.chat();
    case edge::v1::SHOW_ONLINE:
      return actions.online();
    case edge::v1::SHOW_AWAY:
      return actions.away();
    case edge::v1::SHOW_XA:
      return actions.xa();
    case edge::v1::SHOW_DND:
      return actions.dnd();
    default:
      return actions.offline();
  }
}

DeliveryDesk::DeliveryDesk(std::string domain, StanzaSink& sink, const AccountDirectory& directory,
                           const Interpreter& interpreter, const PresenceSessions& sessions,
                           ThreadStore& threads, DeliveryLog& log)
    : domain_(std::move(domain)),
      sink_(sink),
      directory_(directory),
      interpreter_(interpreter),
      sessions_(sessions),
      threads_(threads),
      log_(log),
      bounces_(interpreter, sessions, threads) {}

net::Task<absl::StatusOr<edge::v1::DeliverResponse>> DeliveryDesk::Deliver(
    edge::v1::DeliverRequest request) {
  if (absl::Status valid = Check(request); !valid.ok()) co_return valid;
  const AccountDirectory::Account account = directory_.FindById(request.account_id());
  if (account == nullptr || !account->enabled()) {
    co_return absl::NotFoundError("account: unknown, removed or disabled");
  }
  if (absl::Status s = CheckReceivers(request, directory_); !s.ok()) co_return s;
  if (!sink_.IsUp()) co_return absl::UnavailableError("the XMPP server is not connected");
  const Turn turn(busy_accounts_, request.account_id());
  if (!turn.taken()) {
    co_return absl::UnavailableError("another delivery for this account is under way");
  }
  co_return co_await DeliverFor(account, std::move(request));
}

net::Task<absl::StatusOr<edge::v1::DeliverResponse>> DeliveryDesk::DeliverFor(
    AccountDirectory::Account account, edge::v1::DeliverRequest request) {
  std::vector<std::string> ids;
  for (const edge::v1::Delivery& delivery : request.deliveries()) {
    ids.push_back(delivery.delivery_id());
  }
  auto known = co_await log_.Known(account->id(), std::move(ids));
  if (!known.ok()) co_return known.status();

  const bool wanted =
      Wants(ActionFor(account->actions(), sessions_.ShowOf(account->owner())), request.mode());
  const bool digest = request.mode() == edge::v1::DELIVERY_MODE_DIGEST;
  edge::v1::DeliverResponse response;
  std::vector<edge::v1::Delivery> due;
  absl::flat_hash_set<std::string> named;
  for (int i = 0; i < request.deliveries_size(); ++i) {
    edge::v1::Delivery& delivery = *request.mutable_deliveries(i);
    if ((*known)[i] || !named.insert(delivery.delivery_id()).second) {
      response.add_results(edge::v1::DELIVERY_RESULT_DUPLICATE);
      duplicates_total.Increment();
    } else if (!wanted && !delivery.urgent()) {
      response.add_results(edge::v1::DELIVERY_RESULT_HELD);
      held_total.Increment();
    } else {
      response.add_results(edge::v1::DELIVERY_RESULT_DELIVERED);
      due.push_back(std::move(delivery));
    }
  }
  if (due.empty()) co_return response;

  absl::Status brought = co_await Bring(account, std::move(due), digest);
  if (!brought.ok()) co_return brought;
  co_return response;
}

net::Task<absl::Status> DeliveryDesk::Bring(AccountDirectory::Account account,
                                            std::vector<edge::v1::Delivery> due, bool digest) {
  auto bounces = co_await bounces_.TakeOut(account->owner(), due);
  if (!bounces.ok()) co_return bounces.status();
  absl::Status brought;
  if (!due.empty() && digest) {
    brought = co_await BringDigests(account, std::move(due));
  } else if (!due.empty()) {
    brought = co_await BringFull(account, std::move(due));
  }
  if (!brought.ok() || bounces->ids.empty()) co_return brought;
  // Behind the digests: to record anything forgets the one that was begun.
  co_return co_await BringBounces(account, *std::move(bounces));
}

net::Task<absl::Status> DeliveryDesk::BringBounces(AccountDirectory::Account account,
                                                   BounceDesk::Bounces bounces) {
  for (Element& stanza : bounces.stanzas) {
    absl::Status sent = co_await sink_.Send(std::move(stanza));
    if (!sent.ok()) co_return sent;
  }
  co_return co_await Confirm(account, std::move(bounces.ids), "bounce");
}

net::Task<absl::Status> DeliveryDesk::BringFull(AccountDirectory::Account account,
                                                std::vector<edge::v1::Delivery> due) {
  std::vector<std::string> ids = Ids(due);
  absl::Status sent = co_await SendFull(account, std::move(due));
  if (!sent.ok()) co_return sent;
  co_return co_await Confirm(account, std::move(ids), "full");
}

net::Task<absl::Status> DeliveryDesk::BringDigests(AccountDirectory::Account account,
                                                   std::vector<edge::v1::Delivery> due) {
  auto begun = co_await log_.BegunDigest(account->id());
  if (!begun.ok()) co_return begun.status();
  const absl::flat_hash_set<std::string> in_begun(begun->begin(), begun->end());
  std::vector<edge::v1::Delivery> again, fresh;
  for (edge::v1::Delivery& delivery : due) {
    (in_begun.contains(delivery.delivery_id()) ? again : fresh).push_back(std::move(delivery));
  }
  if (!again.empty()) {
    std::string id = DigestId(*begun);
    absl::Status brought = co_await BringDigest(account, std::move(again), std::move(id));
    if (!brought.ok()) co_return brought;
  }
  if (fresh.empty()) co_return absl::OkStatus();
  std::vector<std::string> ids = Ids(fresh);
  std::string id = DigestId(ids);
  absl::Status begin = co_await log_.BeginDigest(account->id(), std::move(ids));
  if (!begin.ok()) co_return begin;
  co_return co_await BringDigest(account, std::move(fresh), std::move(id));
}

net::Task<absl::Status> DeliveryDesk::BringDigest(AccountDirectory::Account account,
                                                  std::vector<edge::v1::Delivery> due,
                                                  std::string id) {
  std::vector<std::string> ids = Ids(due);
  absl::Status sent = co_await SendDigest(account, std::move(due), std::move(id));
  if (!sent.ok()) co_return sent;
  co_return co_await Confirm(account, std::move(ids), "digest");
}

net::Task<absl::Status> DeliveryDesk::Confirm(AccountDirectory::Account account,
                                              std::vector<std::string> ids, const char* mode) {
  absl::Status taken = co_await sink_.Barrier();
  if (taken.ok()) taken = co_await log_.Record(account->id(), ids);
  if (!taken.ok()) co_return taken;
  for (const std::string& id : ids) {
    log::Info("mail delivered", {{"mail", id}, {"account", account->id()}, {"mode", mode}});
  }
  delivered_total.Increment(static_cast<double>(ids.size()));
  co_return absl::OkStatus();
}

net::Task<absl::Status> DeliveryDesk::SendFull(AccountDirectory::Account account,
                                               std::vector<edge::v1::Delivery> deliveries) {
  for (const edge::v1::Delivery& delivery : deliveries) {
    const mail::Mail mail = rpc::FromProto(delivery.mail());
    const Envelope envelope = EnvelopeFor(*account, domain_, delivery);
    MailThread thread = ThreadOf(mail, account->id(), envelope);
    thread.mail_ref = delivery.mail_ref();
    absl::Status remembered =
        co_await threads_.Remember(envelope.user, envelope.stanza_id, std::move(thread));
    if (!remembered.ok()) co_return remembered;
    Element message = MailToMessage(mail, envelope, interpreter_.Of(envelope.user));
    if (absl::Status sent = co_await sink_.Send(std::move(message)); !sent.ok()) co_return sent;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> DeliveryDesk::SendDigest(AccountDirectory::Account account,
                                                 std::vector<edge::v1::Delivery> deliveries,
                                                 std::string id) {
  std::vector<mail::Mail> mails;
  for (const edge::v1::Delivery& delivery : deliveries) {
    mails.push_back(rpc::FromProto(delivery.mail()));
  }
  // They are the newest mails from this contact, as if each had come by itself: an
  // answer that names nobody must not reach the author of some older mail.
  const size_t first = mails.size() - std::min(mails.size(), kRememberedOfDigest);
  for (size_t i = first; i < mails.size(); ++i) {
    const Envelope envelope = EnvelopeFor(*account, domain_, deliveries[i].delivery_id());
    MailThread thread = ThreadOf(mails[i], account->id(), envelope);
    thread.mail_ref = deliveries[i].mail_ref();
    absl::Status remembered =
        co_await threads_.Remember(envelope.user, envelope.stanza_id, std::move(thread));
    if (!remembered.ok()) co_return remembered;
  }
  const Envelope envelope = EnvelopeFor(*account, domain_, std::move(id));
  Element message = MailsToDigest(mails, envelope, interpreter_.Of(envelope.user));
  co_return co_await sink_.Send(std::move(message));
}

}  // namespace postern::xmpp_edge
