#include "services/xmpp-edge/refusal.h"

#include <re2/re2.h>

namespace postern::xmpp_edge {
namespace {

struct Row {
  int subject, first, last;  // X.subject.first to X.subject.last
  Refusal meaning;
};
constexpr Row kEnhanced[] = {
    {1, 1, 1, Refusal::kNoSuchMailbox},
    {1, 2, 2, Refusal::kNoSuchDomain},
    {1, 3, 3, Refusal::kBadAddress},
    {1, 6, 6, Refusal::kMoved},
    {1, 7, 8, Refusal::kSenderRefused},
    {1, 10, 10, Refusal::kNoSuchMailbox},  // RFC 7505: and a domain that takes no mail
    {2, 1, 1, Refusal::kMailboxClosed},
    {2, 2, 2, Refusal::kMailboxFull},
    {2, 3, 3, Refusal::kTooLarge},
    {3, 4, 4, Refusal::kTooLarge},
    {4, 1, 3, Refusal::kUnreachable},
    {4, 4, 4, Refusal::kNoSuchDomain},
    {4, 6, 6, Refusal::kLoop},
    {4, 7, 7, Refusal::kUnreachable},
    {5, 3, 3, Refusal::kTooMany},
    {6, 7, 7, Refusal::kNeedsUtf8},
    {7, 8, 8, Refusal::kSignInFirst},
    {7, 20, 26, Refusal::kNotProvenYours},
};

Refusal ByCode(const AnswerCodes& codes) {
  for (const Row& row : kEnhanced) {
    const bool fits = codes.subject == row.subject && codes.detail >= row.first;
    if (fits && codes.detail <= row.last) return row.meaning;
  }
  return Refusal::kUnclear;
}

Refusal ByWords(const re2::StringPiece& text) {
  static const re2::RE2 greylisted(R"((?i)gr[ae]y-?list)");
  static const re2::RE2 fast(
      R"((?i)\brate limit|too many (messages|mails|connections)|unusual rate)");
  static const re2::RE2 spam(
      R"((?i)\bspam|\bblack-?list|\bblock-?list|spamhaus|barracuda|bad reputation)");
  static const re2::RE2 nobody(
      R"((?i)no such (user|mailbox|recipient|person|address)|(user|recipient|mailbox|address))"
      R"((?:| is) (unknown|not found)|unknown (user|recipient|mailbox)|does ?n[o']t exist|)"
      R"(no mailbox here)");
  static const re2::RE2 full(R"((?i)(mailbox|quota) (is )?(full|exceeded)|over ?quota)");
  static const re2::RE2 large(R"((?i)(message|mail|size) (is )?(too (big|large)|exceeds))");
  if (re2::RE2::PartialMatch(text, greylisted)) return Refusal::kGreylisted;
  if (re2::RE2::PartialMatch(text, fast)) return Refusal::kTooFast;
  if (re2::RE2::PartialMatch(text, spam)) return Refusal::kSpam;
  if (re2::RE2::PartialMatch(text, nobody)) return Refusal::kNoSuchMailbox;
  if (re2::RE2::PartialMatch(text, full)) return Refusal::kMailboxFull;
  if (re2::RE2::PartialMatch(text, large)) return Refusal::kTooLarge;
  return Refusal::kUnclear;
}

Refusal ByBasicCode(const AnswerCodes& codes) {
  if (codes.basic == 530 || codes.basic == 535) return Refusal::kSignInFirst;
  if (codes.basic == 552) return Refusal::kMailboxFull;  // RFC 5321: exceeded storage allocation
  return Refusal::kUnclear;
}

}  // namespace

AnswerCodes CodesIn(absl::string_view answer) {
  const re2::StringPiece text(answer.data(), answer.size());
  static const re2::RE2 basic(R"((?:^|[^\d.])([45]\d\d)(?:[^\d.]|$))");
  static const re2::RE2 enhanced(R"((?:^|[^\d.])([45])\.(\d{1,3})\.(\d{1,3})(?:[^\d.]|\.\D|\.?$))");
  AnswerCodes codes;
  re2::RE2::PartialMatch(text, basic, &codes.basic);
  re2::RE2::PartialMatch(text, enhanced, &codes.klass, &codes.subject, &codes.detail);
  return codes;
}

Refusal MeaningOf(absl::string_view answer) {
  const AnswerCodes codes = CodesIn(answer);
  if (const Refusal meaning = ByCode(codes); meaning != Refusal::kUnclear) return meaning;
  // Words without any code may be anybody's.
  if (codes.basic == 0 && codes.klass == 0) return Refusal::kUnclear;
  const Refusal meaning = ByWords(re2::StringPiece(answer.data(), answer.size()));
  if (codes.subject == 7) {
    const bool finer = meaning == Refusal::kSpam || meaning == Refusal::kGreylisted ||
                       meaning == Refusal::kTooFast;
    return finer ? meaning : codes.klass == 5 ? Refusal::kNotAllowed : Refusal::kUnclear;
  }
  return meaning != Refusal::kUnclear ? meaning : ByBasicCode(codes);
}

}  // namespace postern::xmpp_edge
