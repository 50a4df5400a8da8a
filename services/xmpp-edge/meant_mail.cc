#include "services/xmpp-edge/meant_mail.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/answered_mail.h"
#include "services/xmpp-edge/texts/rule_commands.h"

namespace postern::xmpp_edge {
namespace {

constexpr int kNewestCount = 16;

absl::StatusOr<MailThread> NotOwn(MailThread thread, const Words& words) {
  if (thread.is_own) return absl::InvalidArgumentError(texts::MailIsYours(words));
  return thread;
}

net::Task<absl::StatusOr<MailThread>> FindNewest(FeatureContext context, MailQuestion question,
                                                 const Words& words) {
  auto newest = co_await context.threads.Newest(question.user, question.contact, kNewestCount);
  if (!newest.ok()) co_return newest.status();
  AnswerCandidates candidates;
  candidates.newest = *std::move(newest);
  auto chosen = ChooseForwardedMail(std::move(candidates), std::time(nullptr), words);
  if (!chosen.ok()) co_return absl::InvalidArgumentError(texts::WhichMail(words));
  co_return std::move(chosen->mail);
}

}  // namespace

bool KnowsMails(const MailQuestion& question) {
  return question.place.kind == Place::Kind::kAddress ||
         question.place.kind == Place::Kind::kAccount;
}

MailQuestion MailQuestionOf(const Incoming& incoming, const Place& place) {
  MailQuestion question;
  question.user = incoming.from.Bare();
  question.contact = incoming.to.Bare();
  question.place = place;
  const Element* reply = incoming.stanza.Child("reply", "urn:xmpp:reply:0");
  if (reply != nullptr) question.reply_to = std::string(reply->Attr("id"));
  return question;
}

net::Task<absl::StatusOr<MailThread>> FindMeantMail(FeatureContext context, MailQuestion question,
                                                    const Words& words) {
  if (question.reply_to) {
    auto replied = co_await context.threads.ByStanza(question.user, *question.reply_to);
    if (!replied.ok()) co_return replied.status();
    // Ids may lead anywhere.
    if (!*replied || (*replied)->contact != question.contact) {
      co_return absl::InvalidArgumentError(texts::WhichMail(words));
    }
    co_return NotOwn(**std::move(replied), words);
  }
  if (question.place.kind == Place::Kind::kAddress) {
    MailThread any;
    any.contact = question.contact;
    any.from = question.place.address;
    co_return any;
  }
  co_return co_await FindNewest(std::move(context), std::move(question), words);
}

net::Task<absl::StatusOr<std::string>> NewestMailOf(FeatureContext context, std::string user,
                                                    std::string contact) {
  auto newest = co_await context.threads.Newest(std::move(user), std::move(contact), kNewestCount);
  if (!newest.ok()) co_return newest.status();
  for (const MailThread& mail : *newest) {
    if (mail.is_own) continue;
    co_return absl::StrCat(mail.at_unix, " ", mail.message_id, " ", mail.mail_ref);
  }
  co_return std::string();
}

std::optional<mail::Address> SenderOf(const MailThread& thread) {
  if (!thread.from.domain.empty()) return thread.from;
  if (thread.answer_to.size() == 1) return thread.answer_to.front();
  return std::nullopt;
}

}  // namespace postern::xmpp_edge
