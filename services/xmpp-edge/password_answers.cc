#include "services/xmpp-edge/password_answers.h"

#include <ctime>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/chat_answer.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/password_desk.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_handover.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/password_rules.h"
#include "services/xmpp-edge/texts/common.h"
#include "services/xmpp-edge/texts/password.h"
#include "services/xmpp-edge/wipe.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxUnderWay = 1024;

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

// What a message says to the contact itself: without a head line, and answering nothing
// but our own request. nullopt: it is a mail.
struct Said {
  std::string text;
  bool replies_to_request = false;
};
std::optional<Said> ReadSaid(const Element& message, const Words& words) {
  auto mail = ReadChatMail(message, words);
  if (!mail.ok()) return std::nullopt;  // a head line that can't be read
  Said said;
  said.replies_to_request = IsPasswordRequest(mail->reply_to_id);
  const bool names_mail = !mail->reply_to_id.empty() && !said.replies_to_request;
  const bool has_subject_line = !mail->subject.empty() && message.ChildText("subject").empty();
  const bool has_head = !mail->to.empty() || !mail->cc.empty() || !mail->bcc.empty() ||
                        !mail->from.empty() || has_subject_line;
  if (!names_mail && (!has_head || said.replies_to_request)) {
    said.text = std::string(absl::StripAsciiWhitespace(mail->text));
  }
  crypto::Wipe(mail->text);
  if (said.text.empty()) return std::nullopt;
  return said;
}

std::string WhyNot(PasswordVerdict verdict, const std::string& account, const Words& words) {
  if (verdict == PasswordVerdict::kManyLines) return texts::PasswordIsOneLine(words, account);
  if (verdict == PasswordVerdict::kGivenBefore) return texts::PasswordGivenBefore(words, account);
  return texts::MayBePassword(words);
}

}  // namespace

PasswordAnswers::PasswordAnswers(FeatureContext context)
    : context_(context), marks_(context.redis), key_(crypto::RandomBytes(32)) {}

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

net::Task<bool> PasswordAnswers::TakeText(Incoming& incoming, const Place& place) {
  if (place.kind != Place::Kind::kAccount || !IsPasswordGivenByHand(*place.account)) {
    co_return false;
  }
  const AccountDirectory::Account account = place.account;
  const Words& words = WordsFor(incoming);
  std::optional<Said> said = ReadSaid(incoming.stanza, words);
  if (!said) co_return false;
  const crypto::Secret text(said->text);
  crypto::Wipe(said->text);
  auto mark = co_await marks_.Get(incoming.from.Bare(), account->id());
  if (!mark.ok()) {
    log::Warn("can't tell whether a password was asked for", {{"why", mark.status().message()}});
    co_await Refuse(incoming, texts::PasswordNotNow(words));
    co_return true;
  }
  std::string hash = Hash(*account, text.Reveal());
  PasswordCandidate candidate;
  candidate.text = text.Reveal();
  candidate.replies_to_request = said->replies_to_request;
  candidate.repeats_doubtful = Repeats(doubtful_, *account, hash);
  candidate.repeats_given = Repeats(given_, *account, hash);
  const PasswordVerdict verdict = JudgePassword(*mark, candidate, std::time(nullptr));
  if (verdict == PasswordVerdict::kMail) co_return false;
  if (verdict == PasswordVerdict::kPassword) {
    co_await Accept(incoming, account, text);
  } else if (verdict == PasswordVerdict::kAskWhether) {
    Remember(doubtful_, *account, std::move(hash));
    WipeTexts(incoming.stanza);
    co_await Say(incoming, texts::IsThisThePassword(words, account->name()));
  } else {
    co_await Refuse(incoming, WhyNot(verdict, account->name(), words));
  }
  co_return true;
}

net::Task<void> PasswordAnswers::Accept(Incoming& incoming, AccountDirectory::Account account,
                                        crypto::Secret password) {
  Incoming head = HeadOf(incoming);
  WipeTexts(incoming.stanza);
  const Words& words = WordsFor(incoming);
  const std::string user = incoming.from.Bare();
  if (!context_.sessions.IsAvailable(user)) {
    co_await Refuse(incoming, texts::PasswordUnseen(words));
    co_return;
  }
  if (under_way_.size() >= kMaxUnderWay || !under_way_.insert(account->id()).second) {
    co_await Refuse(incoming, texts::PasswordUnderWay(words));
    co_return;
  }
  auto before = co_await marks_.Get(user, account->id());
  absl::Status marked = before.status();
  if (marked.ok()) {
    const int64_t since = context_.sessions.Of(user).since_unix_ms;
    PasswordMark given = GivenMark(*account, since, std::time(nullptr));
    marked = co_await marks_.Put(user, account->id(), std::move(given));
  }
  if (!marked.ok()) {
    under_way_.erase(account->id());
    co_await Refuse(incoming, texts::PasswordNotTaken(words, account->name()));
    co_return;
  }
  // From now on it is known, should it come twice.
  Remember(given_, *account, Hash(*account, password.Reveal()));
  doubtful_.erase(account->id());
  context_.tasks.Spawn("hand password on",
                       HandOn(std::move(head), account, std::move(password), *std::move(before)));
}

net::Task<void> PasswordAnswers::HandOn(Incoming head, AccountDirectory::Account account,
                                        crypto::Secret password, PasswordMark before) {
  const Words& words = WordsFor(head);
  absl::Status held = co_await HandOverPassword(context_, account, std::move(password));
  under_way_.erase(account->id());
  if (held.ok()) {
    co_await Say(head,
                 absl::StrCat(texts::PasswordKept(words), " ", texts::PasswordInHistory(words)));
    co_return;
  }
  log::Warn("password not handed on",
            {{"account", account->id()}, {"code", absl::StatusCodeToString(held.code())}});
  given_.erase(account->id());
  // As it was: the user may send it again.
  (void)co_await marks_.Put(account->owner(), account->id(), std::move(before));
  co_await Say(head, texts::PasswordNotTaken(words, account->name()));
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

std::string PasswordAnswers::Hash(const admin::v1::Account& account, absl::string_view text) const {
  std::string keyed = absl::StrCat(key_.Reveal(), account.id(), "\n", text);
  std::string hash = crypto::Sha256Hex(keyed);
  crypto::Wipe(keyed);
  return hash;
}

bool PasswordAnswers::Repeats(const absl::flat_hash_map<std::string, Doubt>& known,
                              const admin::v1::Account& account, const std::string& hash) const {
  const auto found = known.find(account.id());
  return found != known.end() && found->second.hash == hash &&
         found->second.since_unix_ms == context_.sessions.Of(account.owner()).since_unix_ms;
}

void PasswordAnswers::Remember(absl::flat_hash_map<std::string, Doubt>& known,
                               const admin::v1::Account& account, std::string hash) {
  // Those of users who have gone since, and of accounts that have.
  absl::erase_if(known, [this](const auto& item) {
    const AccountDirectory::Account owned = context_.directory.FindById(item.first);
    return owned == nullptr ||
           context_.sessions.Of(owned->owner()).since_unix_ms != item.second.since_unix_ms;
  });
  known[account.id()] = Doubt{std::move(hash), context_.sessions.Of(account.owner()).since_unix_ms};
}

}  // namespace postern::xmpp_edge
