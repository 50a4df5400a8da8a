#include "services/xmpp-edge/finger.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/finger.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr size_t kMaxBytes = 300, kMaxNameBytes = 255;

}  // namespace

std::optional<FingerQuestion> ReadFingerLine(absl::string_view body, const Words& words) {
  if (body.size() > kMaxBytes || absl::StrContains(absl::StripAsciiWhitespace(body), "\n")) {
    return std::nullopt;
  }
  const std::vector<absl::string_view> said =
      absl::StrSplit(body, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (said.empty() || !IsKeyword(said[0], "finger", texts::KeywordFinger(words))) {
    return std::nullopt;
  }
  FingerQuestion question;
  if (said.size() == 1 || said.size() > 3) return question;
  question.wide = absl::EqualsIgnoreCase(said[1], "/w");
  if (said.size() == 3) {
    const bool wide = IsKeyword(said[2], "wide", texts::KeywordWide(words));
    if (wide == question.wide) return FingerQuestion();
    question.user = std::string(said[question.wide ? 2 : 1]);
    question.wide = true;
  } else if (!question.wide) {
    question.user = std::string(said[1]);
  }
  return question;
}

net::Task<std::string> AskFinger(FeatureContext context, FingerQuestion question,
                                 const Words& words) {
  const std::string name = mail::CleanLine(question.user);
  if (name.empty()) co_return texts::FingerWhom(words);
  if (name.size() > kMaxNameBytes) co_return texts::NoSuchUser(words, mail::CutUtf8(name, 40));
  rules::v1::FingerRequest request;
  request.set_user(name);
  request.set_wide(question.wide);
  auto answer = co_await rpc::Call(context.rules.async(),
                                   &rules::v1::RulesService::StubInterface::async_interface::Finger,
                                   std::move(request), kPatience);
  if (absl::IsNotFound(answer.status())) co_return texts::NoSuchUser(words, name);
  if (!answer.ok()) co_return texts::CommandNotNow(words);
  const std::string text(absl::StripTrailingAsciiWhitespace(answer->text()));
  co_return text.empty() ? texts::SaysNothing(words, name) : text;
}

}  // namespace postern::xmpp_edge
