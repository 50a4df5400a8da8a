#include "tests/sieve/suite_sending.h"

#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/mail/address.h"
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/effects/notification.h"
#include "services/fetcher/effects/sending_on.h"
#include "services/rules/judging/proposal.h"
#include "services/sender/compose/mail_composer.h"

namespace postern::rules::suite {
namespace {

constexpr int64_t kDate = 1'767'610'800;

mail::Address MainAddress(const Facts& facts) {
  const auto address =
      mail::ParseAddress(facts.own_addresses.empty() ? std::string() : facts.own_addresses.front());
  return address.ok() ? *address : mail::Address();
}

// What fetcher/effects/sending_on hands to the sender.
absl::StatusOr<sender::Draft> AnswerDraft(const v1::Action::Answer& answer, const Facts& facts) {
  const auto to = mail::ParseAddress(answer.to());
  if (!to.ok()) return to.status();
  sender::Draft draft;
  draft.from = answer.has_from() ? rpc::FromProto(answer.from()) : MainAddress(facts);
  draft.to = {*to};
  draft.subject = answer.subject();
  draft.text = answer.text();
  draft.in_reply_to = answer.in_reply_to();
  draft.references.assign(answer.references().begin(), answer.references().end());
  draft.auto_submitted = sender::AutoSubmitted::kReplied;
  return draft;
}

absl::StatusOr<sender::Draft> NoticeDraft(const v1::Action& action, const Facts& facts,
                                          const MessageView& message) {
  fetcher::NotifiedMail notified;
  const auto from = message.Fields("From"), subject = message.Fields("Subject");
  if (!from.empty()) notified.from = std::string(from.front()->decoded());
  if (!subject.empty()) notified.subject = std::string(subject.front()->decoded());
  auto notice = fetcher::MailtoNotification(action, notified);
  if (!notice.ok()) return notice.status();
  sender::Draft draft;
  const auto said = mail::ParseAddress(action.notify().from());
  const bool own = said.ok() && absl::c_linear_search(facts.own_addresses, said->Spec());
  draft.from = own ? *said : MainAddress(facts);
  draft.to = std::move(notice->to);
  draft.cc = std::move(notice->cc);
  draft.subject = std::move(notice->subject);
  draft.text = std::move(notice->text);
  draft.auto_submitted = sender::AutoSubmitted::kNotified;
  return draft;
}

bool IsByMail(const v1::Action& action) {
  return action.has_answer() || absl::StartsWithIgnoreCase(action.notify().method(), "mailto:");
}

absl::Status Compose(const v1::Action& action, const Facts& facts, const MessageView& message,
                     std::vector<SuiteMail>& mails) {
  if (!IsByMail(action)) return absl::OkStatus();
  const v1::Action::Answer& answer = action.answer();
  if (!answer.mime().empty()) {
    const mail::Address from = rpc::FromProto(answer.from());
    mails.push_back({fetcher::WriteAnswer(action, from, kDate).mail, {}, "", answer.to()});
    return absl::OkStatus();
  }
  auto draft =
      action.has_answer() ? AnswerDraft(answer, facts) : NoticeDraft(action, facts, message);
  if (!draft.ok()) return draft.status();
  draft->zone = absl::UTCTimeZone();
  const auto composed = sender::Compose(*std::move(draft), action.key(), kDate);
  if (!composed.ok()) return composed.status();
  for (const std::string& to : composed->envelope.to)
    mails.push_back({composed->content, {}, composed->envelope.from, to});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<SuiteMail>> MailsOf(const Action& action, const Facts& facts,
                                               const std::string& text) {
  Evaluation evaluation;
  evaluation.actions = {action};
  v1::EvaluateRequest request;
  request.set_mail_id("suite");
  const MessageView message(text);
  const Proposals allowed = Propose(request, facts, message, evaluation);
  std::vector<SuiteMail> mails;
  for (const Proposal& proposal : allowed.proposals) {
    if (absl::Status s = Compose(proposal.action, facts, message, mails); !s.ok()) return s;
  }
  return mails;
}

}  // namespace postern::rules::suite
