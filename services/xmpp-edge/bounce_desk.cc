#include "services/xmpp-edge/bounce_desk.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/bounce.h"
#include "services/xmpp-edge/outcome.h"

namespace postern::xmpp_edge {
namespace {

auto& bounces_total = metrics::Counter("postern_edge_bounces_total",
                                       "Bounces told as errors of the mails they are about");

}  // namespace

net::Task<absl::StatusOr<BounceDesk::Bounces>> BounceDesk::TakeOut(
    std::string user, std::vector<edge::v1::Delivery>& due) {
  Bounces bounces;
  std::vector<edge::v1::Delivery> mails;
  for (edge::v1::Delivery& delivery : due) {
    std::optional<edge::v1::ReportOutcomeRequest> outcomes;
    if (delivery.mail().has_delivery_report()) {
      const mail::Mail mail = rpc::FromProto(delivery.mail());
      auto sent = co_await FindSent(user, *mail.delivery_report);
      if (!sent.ok()) co_return sent.status();
      if (*sent) outcomes = OutcomesIn(*mail.delivery_report, **sent);
    }
    edge::v1::OutgoingContext context;
    if (!outcomes || !context.ParseFromString(outcomes->context()) || context.user().empty()) {
      mails.push_back(std::move(delivery));
      continue;
    }
    absl::Status left_out = co_await LeaveOutTold(user, delivery.delivery_id(), *outcomes);
    if (!left_out.ok()) co_return left_out;
    bounces.ids.push_back(delivery.delivery_id());
    if (outcomes->recipients().empty()) continue;
    const bool online = AuthorIsOnline(sessions_, context);
    std::vector<Element> told = OutcomeStanzas(*outcomes, context, online, interpreter_.Of(user));
    std::move(told.begin(), told.end(), std::back_inserter(bounces.stanzas));
    bounces_total.Increment();
    log::Info("a bounce is told as an error",
              {{"mail", delivery.delivery_id()}, {"about", outcomes->queue_id()}});
  }
  due = std::move(mails);
  co_return bounces;
}

net::Task<absl::StatusOr<std::optional<SentMail>>> BounceDesk::FindSent(
    std::string user, const mail::DeliveryReport& report) {
  // The sender asks for reports under the Message-ID (RFC 3461).
  const std::string ids[] = {report.message_id, report.envelope_id};
  for (const std::string& id : ids) {
    if (id.empty()) continue;
    auto sent = co_await threads_.SentByMessageId(user, id);
    if (!sent.ok() || *sent) co_return sent;
  }
  co_return std::optional<SentMail>();
}

net::Task<absl::Status> BounceDesk::LeaveOutTold(std::string user, std::string delivery_id,
                                                 edge::v1::ReportOutcomeRequest& outcomes) {
  edge::v1::ReportOutcomeRequest fresh = outcomes;
  fresh.clear_recipients();
  for (const edge::v1::RecipientOutcome& one : outcomes.recipients()) {
    std::string news =
        absl::StrCat(outcomes.queue_id(), "\n", RecipientKey(one.recipient()), "\n", one.outcome());
    if (one.outcome() == edge::v1::OUTCOME_FAILED) absl::StrAppend(&news, "\n", one.reason());
    auto first = co_await threads_.IsFirstToTell(user, std::move(news), delivery_id);
    if (!first.ok()) co_return first.status();
    if (*first) *fresh.add_recipients() = one;
  }
  outcomes = std::move(fresh);
  co_return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
