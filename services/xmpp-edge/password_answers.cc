#include "services/xmpp-edge/password_answers.h"

#include <ctime>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/chat_answer.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/given_passwords.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/password_desk.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/texts/common.h"
#include "services/xmpp-edge/texts/password.h"
#include "services/xmpp-edge/wipe.h"

namespace postern::xmpp_edge {
namespace {

// The message without what it says: enough to be answered.
Incoming HeadOf(const Incoming& incoming) {
  Incoming head;
  head.from = incoming.from;
  head.to = incoming.to;
  head.lang = incoming.lang;
  head.stanza = MakeElement(incoming.stanza.name);
  head.stanza.attrs = incoming.stanza.attrs;
  const std::string thread = incoming.stanza.ChildText("thread");
  if (!thread.empty()) head.stanza.AddText("thread", thread);
  return head;
}

// "Re:" is what clients make of an answer to a message without a subject, as ours are.
bool IsSubjectOfItsOwn(absl::string_view subject) {
  return AnswerSubject(subject) != AnswerSubject("");
}

}  // namespace

PasswordAnswers::PasswordAnswers(FeatureContext context)
    : context_(context), marks_(context.redis) {}

net::Task<bool> PasswordAnswers::TakeForm(Incoming& incoming) {
  if (SubmittedPasswordForm(incoming.stanza) == nullptr) co_return false;
  const Words& words = WordsFor(incoming);
  if (!co_await AccountsAreKnown(context_.directory)) {
    co_await Refuse(incoming, texts::Starting(words));
    co_return true;
  }
  const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
  if (place.kind != Place::Kind::kAccount) {
    co_await Refuse(incoming, texts::NoSuchContact(words, incoming.to.local));
    co_return true;
  }
  if (!IsPasswordGivenByHand(*place.account)) {
    co_await Refuse(incoming, texts::PasswordNotNeeded(words, place.account->name()));
    co_return true;
  }
  auto values = ReadFieldValues(*SubmittedPasswordForm(incoming.stanza));
  crypto::Secret password;
  std::optional<FieldValues> form;
  if (values.ok()) form = *std::move(values);
  if (form) {
    const std::vector<std::string>& given = (*form)[std::string(kPasswordField)];
    if (given.size() == 1) password = crypto::Secret(given.front());
  }
  WipeValues(form);
  if (password.empty()) {
    co_await Refuse(incoming, texts::PasswordEmpty(words));
    co_return true;
  }
  co_await Accept(incoming, place.account, std::move(password));
  co_return true;
}

std::optional<PasswordAnswers::Said> PasswordAnswers::Read(const Element& message,
                                                           const Words& words) {
  auto mail = ReadChatMail(message, words);
  if (!mail.ok()) return std::nullopt;  // a head line that can't be read: no mail either
  const auto files = TakeUploads(message, words, mail->text);
  if (!files.ok() || !files->empty()) return std::nullopt;  // a link is no password
  Said said;
  said.reply_to_id = mail->reply_to_id;
  said.thread_id = mail->thread_id;
  said.names_recipients =
      !mail->to.empty() || !mail->cc.empty() || !mail->bcc.empty() || !mail->forward.empty();
  said.is_headed = said.names_recipients || mail->quote || !mail->from.empty() ||
                   IsSubjectOfItsOwn(mail->subject);
  said.text = crypto::Secret(absl::StripAsciiWhitespace(mail->text));
  crypto::Wipe(mail->text);
  if (said.text.empty()) return std::nullopt;
  return said;
}

net::Task<bool> PasswordAnswers::TakeText(Incoming& incoming, const Place& place) {
  const bool at_account = place.kind == Place::Kind::kAccount;
  if (!at_account && place.kind != Place::Kind::kAddress) co_return false;
  const std::optional<Said> said = Read(incoming.stanza, WordsFor(incoming));
  if (!said) co_return false;
  if (at_account && IsPasswordGivenByHand(*place.account)) {
    const bool taken = co_await TakeCandidate(incoming, place.account, *said);
    if (taken) co_return true;
  }
  co_return co_await RefuseGiven(incoming, *said);
}

net::Task<bool> PasswordAnswers::TakeCandidate(Incoming& incoming,
                                               AccountDirectory::Account account,
                                               const Said& said) {
  if (said.is_headed && !IsPasswordRequest(said.reply_to_id)) co_return false;
  const Words& words = WordsFor(incoming);
  auto mark = co_await marks_.Get(incoming.from.Bare(), account->id());
  auto reference = co_await ReferenceOf(incoming, said);
  if (!mark.ok() || !reference.ok()) {
    const absl::Status why = mark.ok() ? reference.status() : mark.status();
    log::Warn("can't tell whether a password was asked for", {{"why", why.message()}});
    co_await Refuse(incoming, texts::PasswordNotNow(words));
    co_return true;
  }
  PasswordCandidate candidate;
  candidate.text = said.text.Reveal();
  candidate.reference = *reference;
  candidate.repeats_doubtful = context_.given.IsDoubtful(*account, candidate.text);
  candidate.repeats_given = !context_.given.AccountOf(account->owner(), candidate.text).empty();
  const PasswordVerdict verdict = JudgePassword(*account, *mark, candidate, std::time(nullptr));
  if (verdict == PasswordVerdict::kMail) co_return false;
  if (verdict == PasswordVerdict::kPassword) {
    co_await Accept(incoming, account, said.text);
  } else if (verdict == PasswordVerdict::kAskWhether) {
    context_.given.Doubt(*account, candidate.text);
    WipeTexts(incoming.stanza);
    co_await Say(incoming, texts::IsThisThePassword(words, account->name()));
  } else {
    const std::string why = WhyNot(verdict, incoming, *account, said);
    co_await Refuse(incoming, why);
  }
  co_return true;
}

net::Task<absl::StatusOr<Reference>> PasswordAnswers::ReferenceOf(const Incoming& incoming,
                                                                  const Said& said) {
  if (IsPasswordRequest(said.reply_to_id)) co_return Reference::kRequest;
  const std::string user = incoming.from.Bare(), contact = incoming.to.Bare();
  if (!said.reply_to_id.empty()) {
    auto replied = co_await context_.threads.ByStanza(user, said.reply_to_id);
    if (!replied.ok()) co_return replied.status();
    if (*replied && (*replied)->contact == contact) co_return Reference::kMail;
  }
  if (said.thread_id.empty()) co_return Reference::kNothing;
  auto threaded = co_await context_.threads.ByThread(user, said.thread_id, 1);
  if (!threaded.ok()) co_return threaded.status();
  const bool known = !threaded->empty() && threaded->front().contact == contact;
  co_return known ? Reference::kThreadOfMail : Reference::kNothing;
}

net::Task<bool> PasswordAnswers::RefuseGiven(Incoming& incoming, const Said& said) {
  if (said.names_recipients) co_return false;
  const std::string given = context_.given.AccountOf(incoming.from.Bare(), said.text.Reveal());
  if (given.empty()) co_return false;
  co_await Refuse(incoming, texts::PasswordGivenBefore(WordsFor(incoming), given));
  co_return true;
}

std::string PasswordAnswers::WhyNot(PasswordVerdict verdict, const Incoming& incoming,
                                    const admin::v1::Account& account, const Said& said) const {
  const Words& words = WordsFor(incoming);
  switch (verdict) {
    case PasswordVerdict::kManyLines:
      return texts::PasswordIsOneLine(words, account.name());
    case PasswordVerdict::kGivenBefore:
      return texts::PasswordGivenBefore(
          words, context_.given.AccountOf(account.owner(), said.text.Reveal()));
    case PasswordVerdict::kNeeded: {
      const std::string not_sent = texts::MayBeNeededPassword(words, account.name());
      if (context_.sessions.IsAvailable(account.owner())) return not_sent;
      return absl::StrCat(not_sent, " ", texts::PasswordUnseen(words));
    }
    default:
      return texts::MayBePassword(words);
  }
}

net::Task<void> PasswordAnswers::Accept(Incoming& incoming, AccountDirectory::Account account,
                                        crypto::Secret password) {
  Incoming head = HeadOf(incoming);
  WipeTexts(incoming.stanza);
  auto taken = co_await TakePassword(context_, account, std::move(password));
  if (!taken.ok()) {
    const std::string why = WhyNotTaken(taken.status(), account->name(), WordsFor(incoming));
    co_await Refuse(incoming, why);
    co_return;
  }
  context_.tasks.Spawn("hand password on", HandOn(std::move(head), *std::move(taken)));
}

net::Task<void> PasswordAnswers::HandOn(Incoming head, TakenPassword taken) {
  const Words& words = WordsFor(head);
  const std::string name = taken.account->name();
  const absl::Status held = co_await HandOnPassword(context_, std::move(taken));
  std::string news =
      held.ok() ? absl::StrCat(texts::PasswordKept(words), " ", texts::PasswordInHistory(words))
                : texts::PasswordNotTaken(words, name);
  co_await Say(head, std::move(news));
}

net::Task<void> PasswordAnswers::Refuse(Incoming& incoming, absl::string_view text) {
  WipeTexts(incoming.stanza);
  Element refusal = ErrorAnswer(incoming.stanza, "modify", "not-acceptable", text);
  // Nothing more can be done when the link is down: the author's server says so.
  (void)co_await context_.sink.Send(std::move(refusal));
}

net::Task<void> PasswordAnswers::Say(const Incoming& incoming, std::string text) {
  Element answer = ChatAnswer(incoming, text);
  (void)co_await context_.sink.Send(std::move(answer));
}

const Words& PasswordAnswers::WordsFor(const Incoming& incoming) const {
  return context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
}

}  // namespace postern::xmpp_edge
