#include "services/xmpp-edge/chat_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/finger.h"
#include "services/xmpp-edge/language_choice.h"
#include "services/xmpp-edge/operator_commands.h"
#include "services/xmpp-edge/sending_settings.h"
#include "services/xmpp-edge/sending_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/common.h"
#include "services/xmpp-edge/texts/consent.h"
#include "services/xmpp-edge/texts/help.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/registration.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/waiting_mails.h"
#include "services/xmpp-edge/texts/watching.h"
#include "services/xmpp-edge/watching_text.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxBytes = 200;
constexpr size_t kMaxChangeBytes = 4096;  // a signature
constexpr absl::string_view kOfClient = "auto";

// Of a mail that waits; "cancel !!" is the word alone.
bool IsBeginningOfId(absl::string_view text) {
  const auto fits = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

// Problems are told in half sentences as well; another one is to follow.
std::string Ended(std::string sentence) {
  for (const absl::string_view end : {".", "!", "?", "…", "。"}) {
    if (absl::EndsWith(sentence, end)) return sentence;
  }
  return absl::StrCat(sentence, ".");
}

}  // namespace

std::optional<ChatCommands::Line> ChatCommands::ReadLine(absl::string_view body) {
  body = absl::StripAsciiWhitespace(body);
  if (body.empty() || body.size() > kMaxBytes) return std::nullopt;
  if (body.find('\n') != absl::string_view::npos) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(body, ' ', absl::SkipEmpty());
  if (parts.size() > 2) return std::nullopt;
  return Line{parts.front(), parts.size() == 2 ? parts.back() : ""};
}

net::Task<bool> ChatCommands::Take(const Incoming& incoming, const Place& place) {
  if (place.kind != Place::Kind::kRoot && place.kind != Place::Kind::kType) co_return false;
  const std::string user = incoming.from.Bare();
  const Words& words = context_.interpreter.Answering(user, incoming.lang);
  const bool changes = co_await TakeSendingChange(incoming, words);
  if (changes) co_return true;
  if (auto order = ReadOperatorLine(incoming.stanza.ChildText("body"))) {
    net::Task<std::string> answer = CarryOut(context_, user, *std::move(order), words);
    Incoming asked = ChatWork::HeadOf(incoming);
    co_await work_.Begin(std::move(asked), std::move(answer));
    co_return true;
  }
  if (auto question = ReadFingerLine(incoming.stanza.ChildText("body"), words)) {
    net::Task<std::string> answer = AskFinger(context_, *std::move(question), words);
    Incoming asked = ChatWork::HeadOf(incoming);
    co_await work_.Begin(std::move(asked), std::move(answer));
    co_return true;
  }
  const std::optional<Line> line = ReadLine(incoming.stanza.ChildText("body"));
  if (!line) co_return false;
  Incoming head = ChatWork::HeadOf(incoming);
  if (auto text = AnswerTo(*line, place, user, words)) {
    co_await work_.Say(std::move(head), *std::move(text));
    co_return true;
  }
  std::string id(incoming.stanza.Attr("id"));
  auto work = WorkFor(*line, user, std::move(id), words);
  if (!work) co_return false;
  co_await work_.Begin(std::move(head), *std::move(work));
  co_return true;
}

std::optional<std::string> ChatCommands::AnswerTo(const Line& line, const Place& place,
                                                  const std::string& user,
                                                  const Words& words) const {
  const bool alone = line.argument.empty();
  const auto is = [&line](absl::string_view english, const std::string& local) {
    return IsKeyword(line.verb, english, local);
  };
  if (alone && is("help", texts::KeywordHelp(words))) {
    return HelpText(place, context_.domain, words, context_.files != nullptr);
  }
  if (alone && is("accounts", texts::KeywordAccounts(words))) return Accounts(user, words);
  if (alone && is("errors", texts::KeywordErrors(words))) return Errors(user, words);
  if (is("times", texts::KeywordTimes(words))) return Times(user, line.argument, words);
  if (is("sending", texts::KeywordSending(words))) return Sending(user, line.argument, words);
  return std::nullopt;
}

std::optional<net::Task<std::string>> ChatCommands::WorkFor(const Line& line,
                                                            const std::string& user, std::string id,
                                                            const Words& words) {
  const bool alone = line.argument.empty();
  const auto is = [&line](absl::string_view english, const std::string& local) {
    return IsKeyword(line.verb, english, local);
  };
  if (alone && is("outbox", texts::KeywordOutbox(words))) return waiting_.Tell(user, words);
  // Alone it is about the contact that it is written to (taking_back.h).
  if (IsBeginningOfId(line.argument) && is("cancel", texts::KeywordCancel(words))) {
    return waiting_.Cancel(user, line.argument, words);
  }
  if (is("check", texts::KeywordCheck(words))) return Check(user, line.argument, words);
  if (is("consent", texts::KeywordConsent(words))) return Consent(user, line.argument, words);
  if (is("language", texts::KeywordLanguage(words))) return Language(user, line.argument, words);
  if (is("remove", texts::KeywordRemove(words))) {
    return Remove(user, line.argument, std::move(id), words);
  }
  return std::nullopt;
}

net::Task<bool> ChatCommands::TakeSendingChange(const Incoming& incoming, const Words& words) {
  const std::string body = incoming.stanza.ChildText("body");
  const absl::string_view text = absl::StripAsciiWhitespace(body);
  const size_t end = text.find_first_of(" \t\r\n");
  if (end == text.npos || text.size() > kMaxChangeBytes) co_return false;
  if (!IsKeyword(text.substr(0, end), "sending", texts::KeywordSending(words))) co_return false;
  auto change = ReadSendingChange(text.substr(end));
  if (!change) co_return false;
  net::Task<std::string> work =
      ChangeSending(context_, incoming.from.Bare(), *std::move(change), words);
  Incoming head = ChatWork::HeadOf(incoming);
  co_await work_.Begin(std::move(head), std::move(work));
  co_return true;
}

std::string ChatCommands::Accounts(const std::string& user, const Words& words) const {
  std::string text;
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n",
                    texts::AccountLine(words, account->name(),
                                       ShownType(*account, context_.site.current(), words),
                                       AccountState(*account, words)));
  }
  return text.empty() ? texts::RegisterFirst(words) : text;
}

std::string ChatCommands::Errors(const std::string& user, const Words& words) const {
  std::string text;
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    const admin::v1::Health& health = account->health();
    const std::string problem = LastProblem(health, words);
    if (problem.empty()) continue;
    const bool holds = LastProblemHolds(health);
    const std::string when = health.last_error_unix() > 0
                                 ? texts::ReadableDate(words, health.last_error_unix())
                                 : texts::UnknownDate(words);
    absl::StrAppend(&text, text.empty() ? "" : "\n",
                    texts::ErrorLine(words, account->name(), when, Ended(problem),
                                     holds ? texts::ErrorHolds(words) : texts::ErrorIsOver(words)));
  }
  return text.empty() ? texts::NoErrors(words) : text;
}

std::string ChatCommands::Sending(const std::string& user, const std::string& name,
                                  const Words& words) const {
  std::vector<std::string> said;
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    if (IsReceiving(account->type())) continue;
    if (!name.empty() && !absl::EqualsIgnoreCase(account->name(), name)) continue;
    said.push_back(SendingText(*account, absl::Now(), words));
  }
  if (!said.empty()) return absl::StrJoin(said, "\n");
  return name.empty() ? texts::NothingThatSends(words) : texts::NoSuchSmtpAccount(words, name);
}

std::string ChatCommands::Times(const std::string& user, const std::string& name,
                                const Words& words) const {
  std::vector<std::string> said;
  for (const AccountDirectory::Account& account : MailboxesOf(context_, user)) {
    if (!name.empty() && !absl::EqualsIgnoreCase(account->name(), name)) continue;
    said.push_back(WatchingText(*account, absl::Now(), words));
  }
  if (!said.empty()) return absl::StrJoin(said, "\n");
  return name.empty() ? texts::NothingToCheck(words) : texts::NoSuchMailbox(words, name);
}

net::Task<std::string> ChatCommands::Check(std::string user, std::string name, const Words& words) {
  std::vector<AccountDirectory::Account> accounts = MailboxesOf(context_, user);
  if (!name.empty()) {
    std::erase_if(accounts, [&name](const AccountDirectory::Account& account) {
      return !absl::EqualsIgnoreCase(account->name(), name);
    });
    if (accounts.empty()) co_return texts::NoSuchMailbox(words, name);
  }
  if (accounts.empty()) co_return texts::NothingToCheck(words);
  const std::vector<std::string> said = co_await CheckNow(context_, std::move(accounts), words);
  co_return absl::StrJoin(said, "\n");
}

net::Task<std::string> ChatCommands::Consent(std::string user, std::string name,
                                             const Words& words) {
  std::vector<AccountDirectory::Account> accounts = context_.directory.Of(user);
  std::erase_if(accounts, [&name](const AccountDirectory::Account& account) {
    const bool meant = name.empty() || absl::EqualsIgnoreCase(account->name(), name);
    return !meant || !AwaitsConsent(*account);
  });
  std::vector<std::string> said;
  for (const AccountDirectory::Account& account : accounts) {
    auto consent = co_await AskForConsent(context_, account->id());
    if (consent.ok()) {
      said.push_back(ConsentText(*account, *consent, words));
    } else {
      const bool never = absl::IsFailedPrecondition(consent.status());
      said.push_back(never ? words.Say(consent.status())
                           : texts::ConsentNotNow(words, account->name()));
    }
  }
  if (said.empty()) co_return texts::NoConsentAwaited(words);
  co_return absl::StrJoin(said, "\n\n");
}

net::Task<std::string> ChatCommands::Language(std::string user, std::string asked,
                                              const Words& words) {
  std::vector<std::string> known;
  for (const Interpreter::Language& language : context_.interpreter.languages()) {
    known.push_back(absl::StrCat(language.tag, " (", language.name, ")"));
  }
  const std::string all = absl::StrJoin(known, ", ");
  if (asked.empty()) co_return texts::LanguagesSpoken(words, all);
  const bool of_client = absl::EqualsIgnoreCase(asked, kOfClient);
  const std::string tag = of_client ? "" : context_.interpreter.Serving(asked);
  if (!of_client && tag.empty()) co_return texts::NoSuchLanguage(words, asked, all);
  absl::Status chosen = co_await ChooseLanguage(context_, user, tag);
  if (absl::IsNotFound(chosen)) co_return words.Say(chosen);
  if (!chosen.ok()) co_return texts::CommandNotNow(words);
  if (of_client) co_return texts::LanguageFollowsClient(words);
  co_return texts::LanguageSet(context_.interpreter.Of(user));
}

net::Task<std::string> ChatCommands::Remove(std::string user, std::string name,
                                            std::string message_id, const Words& words) {
  RemovalWish wish;
  wish.user = user;
  wish.accounts = context_.directory.Of(user);
  if (wish.accounts.empty()) co_return texts::RegisterFirst(words);
  if (name.empty()) co_return texts::RemoveWhich(words, NamesOf(wish));
  std::erase_if(wish.accounts, [&name](const AccountDirectory::Account& account) {
    return !absl::EqualsIgnoreCase(account->name(), name);
  });
  if (wish.accounts.empty()) co_return texts::NoSuchContact(words, name);
  co_return co_await removal_.TakeByChat(std::move(wish), std::move(message_id), words);
}

}  // namespace postern::xmpp_edge
