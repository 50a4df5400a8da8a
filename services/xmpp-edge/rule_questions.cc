#include "services/xmpp-edge/rule_questions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kTtlSeconds[] = "600";
constexpr char kVersion[] = "2";

std::string Encode(const RuleQuestion& question) {
  std::string out;
  AppendNetstring(out, kVersion);
  AppendNetstring(out, question.kind);
  AppendNetstring(out, question.contact);
  AppendNetstring(out, question.newest);
  for (const std::string& item : question.items) AppendNetstring(out, item);
  return out;
}

std::optional<RuleQuestion> Decode(absl::string_view text) {
  NetstringReader in(text);
  if (in.Next() != kVersion) return std::nullopt;
  RuleQuestion question;
  question.kind = in.Next();
  question.contact = in.Next();
  question.newest = in.Next();
  while (!in.failed() && in.left() > 0) question.items.push_back(in.Next());
  if (in.failed()) return std::nullopt;
  return question;
}

}  // namespace

std::string RuleQuestions::Key(const std::string& user) const {
  return absl::StrCat("postern:session:rule-", slot_, ":{", user, "}");
}

net::Task<absl::Status> RuleQuestions::Ask(std::string user, RuleQuestion question) {
  std::vector<std::string> command = {"SET", Key(user), Encode(question), "EX", kTtlSeconds};
  auto done = co_await redis_.Command(std::move(command));
  co_return done.status();
}

net::Task<absl::StatusOr<std::optional<RuleQuestion>>> RuleQuestions::Get(std::string user) {
  std::vector<std::string> command = {"GET", Key(user)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  if (found->IsNil()) co_return std::optional<RuleQuestion>();
  co_return Decode(found->text);
}

net::Task<void> RuleQuestions::Forget(std::string user) {
  std::vector<std::string> command = {"DEL", Key(user)};
  (void)co_await redis_.Command(std::move(command));  // it runs out by itself
}

}  // namespace postern::xmpp_edge
