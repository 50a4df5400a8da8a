#include "services/rules/sieve/constants.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "services/rules/ir/notify_uri.h"

namespace postern::rules::sieve {
namespace {

constexpr size_t kMaxMailboxBytes = 1024;

// For a problem: one line, not too long.
std::string Shown(absl::string_view text) { return mail::CleanLine(mail::CutUtf8(text, 100)); }

template <size_t kCount>
bool IsOneOf(absl::string_view text, const absl::string_view (&known)[kCount]) {
  return std::any_of(std::begin(known), std::end(known),
                     [text](absl::string_view one) { return absl::EqualsIgnoreCase(one, text); });
}

bool Fail(Scope& scope, Position at, std::string text) {
  scope.Error(at, std::move(text));
  return false;
}

std::string NoHeaderName(const Text& name) {
  return absl::StrCat("the header field name \"", Shown(name.literal()),
                      "\" is invalid: it has no blank and no colon, and is ASCII");
}

// Empty: none, or it is not known yet.
std::string MailboxProblem(const Text& name) {
  if (!name.constant()) return "";
  const std::string literal = name.literal();
  if (literal.empty()) return "a mailbox needs a name";
  if (literal.size() > kMaxMailboxBytes)
    return absl::StrCat("a mailbox's name has at most ", kMaxMailboxBytes, " bytes");
  if (mail::IsUtf8(literal) && !mail::HasControls(literal)) return "";
  return absl::StrCat("\"", Shown(literal),
                      "\" can't name a mailbox: it must be UTF-8 without control characters");
}

}  // namespace

bool IsHeaderName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c < '\x7F' && c != ':'; });
}

bool IsFlag(absl::string_view flag) {
  constexpr absl::string_view kSystem[] = {"\\Answered", "\\Flagged", "\\Deleted", "\\Seen",
                                           "\\Draft"};
  if (absl::StartsWith(flag, "\\")) return IsOneOf(flag, kSystem);
  return !flag.empty() && std::all_of(flag.begin(), flag.end(), [](char c) {
    return c > ' ' && c < '\x7F' && !absl::StrContains("(){%*\"\\]", absl::string_view(&c, 1));
  });
}

bool CheckHeaderNames(Scope& scope, const std::vector<Text>& names, Position at) {
  for (const Text& name : names)
    if (name.constant() && !IsHeaderName(name.literal()))
      return Fail(scope, at, NoHeaderName(name));
  return true;
}

void WarnOfHeaderNames(Scope& scope, const std::vector<Text>& names, Position at) {
  for (const Text& name : names)
    if (name.constant() && !IsHeaderName(name.literal())) scope.Warn(at, NoHeaderName(name));
}

bool CheckAddressHeaders(Scope& scope, const std::vector<Text>& names, Position at) {
  constexpr absl::string_view kKnown[] = {"from",
                                          "to",
                                          "cc",
                                          "bcc",
                                          "sender",
                                          "reply-to",
                                          "resent-from",
                                          "resent-to",
                                          "resent-cc",
                                          "resent-bcc",
                                          "resent-sender",
                                          "resent-reply-to",
                                          "return-path",
                                          "delivered-to",
                                          "errors-to",
                                          "envelope-to",
                                          "mail-reply-to",
                                          "mail-followup-to",
                                          "approved",
                                          "return-receipt-to",
                                          "disposition-notification-to",
                                          "original-recipient"};
  if (!CheckHeaderNames(scope, names, at)) return false;
  for (const Text& name : names) {
    const std::string literal = name.literal();
    if (!name.constant() || IsOneOf(literal, kKnown) || absl::StartsWithIgnoreCase(literal, "x-"))
      continue;
    return Fail(scope, at,
                absl::StrCat("header '", Shown(literal),
                             "' is not allowed for the address test: "
                             "it holds no addresses; use the header test"));
  }
  return true;
}

bool CheckAddress(Scope& scope, Text& text, Position at, bool bare) {
  if (!text.constant()) return true;
  const std::string literal = text.literal();
  const auto address = mail::ParseAddress(literal);
  // In a mail "Ann <ann@example.org" can be read; here it is a slip.
  const bool open = absl::StrContains(literal, "<") && !absl::StrContains(literal, ">");
  if (!address.ok() || open)
    return Fail(scope, at,
                absl::StrCat("\"", Shown(text.literal()),
                             "\" is no mail address; write one, "
                             "as in \"ann@example.org\""));
  if (bare) text = Text::Literal(address->Spec());
  return true;
}

bool CheckMailbox(Scope& scope, const Text& name, Position at) {
  const std::string problem = MailboxProblem(name);
  return problem.empty() || Fail(scope, at, problem);
}

void WarnOfMailbox(Scope& scope, const Text& name, Position at) {
  const std::string problem = MailboxProblem(name);
  if (!problem.empty()) scope.Warn(at, absl::StrCat(problem, "; so this test is never true"));
}

bool CheckFlags(Scope& scope, std::vector<Text>& flags, Position at) {
  std::vector<Text> single;
  for (const Text& text : flags) {
    if (!text.constant()) {
      single.push_back(text);
      continue;
    }
    const std::string literal = text.literal();
    for (const absl::string_view flag : absl::StrSplit(literal, ' ', absl::SkipEmpty())) {
      if (!IsFlag(flag))
        return Fail(scope, at,
                    absl::StrCat(
                        "\"", Shown(flag),
                        "\" is no flag; there are \\Seen, \\Answered, "
                        "\\Flagged, \\Deleted, \\Draft and words of your own without a backslash"));
      single.push_back(Text::Literal(flag));
    }
  }
  flags = std::move(single);
  return true;
}

bool CheckDatePart(Scope& scope, Text& part, Position at) {
  constexpr absl::string_view kParts[] = {"year",  "month",  "day",    "date", "julian",
                                          "hour",  "minute", "second", "time", "iso8601",
                                          "std11", "zone",   "weekday"};
  if (!part.constant()) return true;
  if (!IsOneOf(part.literal(), kParts))
    return Fail(scope, at,
                absl::StrCat("\"", Shown(part.literal()), "\" is no part of a date; there are ",
                             absl::StrJoin(kParts, ", ")));
  part = Text::Literal(absl::AsciiStrToLower(part.literal()));
  return true;
}

bool CheckZone(Scope& scope, const Text& zone, Position at) {
  if (!zone.constant()) return true;
  const std::string z = zone.literal();
  const bool form = z.size() == 5 && (z[0] == '+' || z[0] == '-') &&
                    std::all_of(z.begin() + 1, z.end(), absl::ascii_isdigit);
  if (form && z[3] < '6') return true;
  return Fail(
      scope, at,
      absl::StrCat("\"", Shown(z), "\" is no time zone; write its offset, as in \"+0200\""));
}

bool CheckSpecialUse(Scope& scope, const Text& use, Position at) {
  if (!use.constant()) return true;
  const std::string literal = use.literal();
  const bool good = literal.size() > 1 && literal[0] == '\\' &&
                    std::all_of(literal.begin() + 1, literal.end(), [](char c) {
                      return absl::ascii_isalnum(static_cast<unsigned char>(c));
                    });
  return good || Fail(scope, at,
                      absl::StrCat("\"", Shown(literal),
                                   "\" is no special use; write one, as in \"\\\\Junk\""));
}

bool CheckNotifyMethod(Scope& scope, const Text& method, Position at) {
  if (!CheckTarget(scope, method, "who is notified", at)) return false;
  if (!method.constant()) return true;
  const auto uri = ParseNotifyUri(method.literal());
  return uri.ok() ||
         Fail(scope, at, absl::StrCat("the notification method ", uri.status().message()));
}

bool CheckNotifyOptions(Scope& scope, const std::vector<Text>& options, Position at) {
  for (const Text& option : options) {
    const std::string literal = option.literal();
    const absl::string_view name = absl::string_view(literal).substr(0, literal.find('='));
    const bool named = !name.empty() && name.size() < literal.size() &&
                       absl::ascii_isalnum(static_cast<unsigned char>(name[0])) &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                                absl::StrContains("-_.", absl::string_view(&c, 1));
                       });
    if (option.constant() && (!named || mail::HasControls(literal)))
      return Fail(scope, at,
                  absl::StrCat("\"", Shown(literal),
                               "\" is no option; it is written \"name=value\", on one line"));
  }
  return true;
}

bool CheckTarget(Scope& scope, const Text& target, absl::string_view what, Position at) {
  if (scope.all().options.trust_mail || !scope.taint().Holds(target)) return true;
  return Fail(scope, at,
              absl::StrCat("the mail itself must not say ", what,
                           ": this text is made from it; test it against a list first, as in "
                           "if string :list \"${…}\" \"urn:ietf:params:sieve:addrbook:default\""));
}

}  // namespace postern::rules::sieve
