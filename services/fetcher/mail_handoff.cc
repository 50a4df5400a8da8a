#include "services/fetcher/mail_handoff.h"

#include <chrono>
#include <utility>

#include "lib/process/log.h"
#include "lib/process/log_together.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kLately{1};
constexpr std::chrono::milliseconds kEdgeDeadline{15'000};
constexpr int kDigestAddresses = 5;
constexpr int kDigestAttachments = 20;

prometheus::Counter& Mails(const char* result) {
  return metrics::Counter("postern_fetcher_mails_total", "Mails dealt with, by what became of them",
                          {{"result", result}});
}

auto& delivered = Mails("delivered");
auto& duplicate = Mails("duplicate");
auto& held = Mails("held");
auto& rejected = Mails("rejected");
auto& left_out = Mails("left_out");

void Count(edge::v1::DeliveryResult result) {
  if (result == edge::v1::DELIVERY_RESULT_DELIVERED) delivered.Increment();
  if (result == edge::v1::DELIVERY_RESULT_DUPLICATE) duplicate.Increment();
  if (result == edge::v1::DELIVERY_RESULT_HELD) held.Increment();
}

edge::v1::DeliverRequest RequestOf(const Account& account, std::vector<IncomingMail> mails) {
  edge::v1::DeliverRequest request;
  request.set_account_id(account.id);
  for (IncomingMail& mail : mails) {
    edge::v1::Delivery& delivery = *request.add_deliveries();
    delivery.set_delivery_id(std::move(mail.delivery_id));
    *delivery.mutable_mail() = std::move(mail.mail);
    delivery.set_mail_ref(std::move(mail.mail_ref));
    delivery.set_headers_only(mail.headers_only);
    delivery.set_urgent(mail.urgent);
    delivery.set_to(std::move(mail.to));
  }
  return request;
}

void NoteLeftOut(const Account& account, const std::vector<JudgedMail>& mails) {
  const log::Together lines;
  for (const JudgedMail& mail : mails) {
    if (mail.waits || mail.plan.deliver || !mail.plan.others.empty()) continue;
    const bool refused = mail.said.verdict() == rules::v1::VERDICT_REJECT;
    (refused ? rejected : left_out).Increment();
    // Not the reason: it may quote the mail. The rules keep it for who may ask.
    log::Info(refused ? "mail rejected by a rule" : "mail left out by a rule",
              {{"mail", mail.mail.delivery_id}, {"account", account.id}});
  }
}

// Of each mail one result.
absl::StatusOr<MailHandoff::Answer> Note(const std::vector<std::string>& ids,
                                         const edge::v1::DeliverResponse& response) {
  const log::Together lines;
  MailHandoff::Answer all = MailHandoff::Answer::kDone;
  for (int i = 0; i < response.results_size(); ++i) {
    const edge::v1::DeliveryResult result = response.results(i);
    Count(result);
    log::Info("mail handed on",
              {{"mail", ids[i]}, {"result", edge::v1::DeliveryResult_Name(result)}});
    if (result == edge::v1::DELIVERY_RESULT_HELD) all = MailHandoff::Answer::kHeld;
    if (result == edge::v1::DELIVERY_RESULT_UNSPECIFIED) {
      return absl::InternalError("the edge gave no result for a mail");
    }
  }
  return all;
}

}  // namespace

MailHandoff::MailHandoff(rules::v1::RulesService::StubInterface& rules,
                         edge::v1::EdgeService::StubInterface& edge,
                         std::function<bool()> may_deliver)
    : judging_(rules), edge_(edge), may_deliver_(std::move(may_deliver)) {}

void MailHandoff::NotePassage(const Account& account) {
  if (last_.account_id != account.id) last_of_another_ = std::exchange(last_, {account.id, {}});
  last_.at = std::chrono::steady_clock::now();
}

bool MailHandoff::IsShared(const Account& account) const {
  const Passage& other = last_.account_id != account.id ? last_ : last_of_another_;
  return std::chrono::steady_clock::now() - other.at < kLately;
}

net::Task<absl::Status> MailHandoff::Judge(Judging::Question& question,
                                           std::vector<JudgedMail>& mails) {
  NotePassage(question.account);
  absl::Status judged = co_await judging_.Judge(question, mails);
  if (judged.ok() && !question.dry_run) NoteLeftOut(question.account, mails);
  co_return judged;
}

net::Task<absl::StatusOr<MailHandoff::Answer>> MailHandoff::DeliverFull(
    const Account& account, std::vector<IncomingMail> mails) {
  edge::v1::DeliverRequest request = RequestOf(account, std::move(mails));
  request.set_mode(edge::v1::DELIVERY_MODE_FULL);
  co_return co_await Deliver(std::move(request));
}

net::Task<absl::StatusOr<MailHandoff::Answer>> MailHandoff::DeliverDigest(
    const Account& account, std::vector<IncomingMail> mails) {
  edge::v1::DeliverRequest request = RequestOf(account, std::move(mails));
  request.set_mode(edge::v1::DELIVERY_MODE_DIGEST);
  co_return co_await Deliver(std::move(request));
}

net::Task<absl::StatusOr<MailHandoff::Answer>> MailHandoff::Deliver(
    edge::v1::DeliverRequest request) {
  // Who stood still finds out before its own timer comes round: another fetcher may be at it.
  if (may_deliver_ && !may_deliver_()) {
    co_return absl::UnavailableError("the lease was not renewed in time");
  }
  std::vector<std::string> ids;
  for (const edge::v1::Delivery& d : request.deliveries()) ids.push_back(d.delivery_id());
  auto answer = co_await rpc::Call(edge_.async(),
                                   &edge::v1::EdgeService::StubInterface::async_interface::Deliver,
                                   std::move(request), kEdgeDeadline);
  if (!answer.ok()) co_return answer.status();
  if (answer->results_size() != static_cast<int>(ids.size())) {
    co_return absl::InternalError("the edge did not answer for each mail");
  }
  co_return Note(ids, *answer);
}

void TrimForDigest(mail::v1::Mail& mail) {
  mail.clear_text();
  mail.clear_headers();
  mail.clear_references();
  mail.clear_in_reply_to();
  for (auto* addresses :
       {mail.mutable_from(), mail.mutable_reply_to(), mail.mutable_to(), mail.mutable_cc()}) {
    if (addresses->size() > kDigestAddresses) {
      addresses->DeleteSubrange(kDigestAddresses, addresses->size() - kDigestAddresses);
    }
  }
  auto& attachments = *mail.mutable_attachments();
  if (attachments.size() > kDigestAttachments) {
    attachments.DeleteSubrange(kDigestAttachments, attachments.size() - kDigestAttachments);
  }
}

size_t WireSize(const mail::Mail& mail) { return rpc::ToProto(mail).ByteSizeLong(); }

}  // namespace postern::fetcher
