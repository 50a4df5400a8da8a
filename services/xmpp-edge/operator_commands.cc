#include "services/xmpp-edge/operator_commands.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/operator_verbs.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/operator_commands.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr size_t kMaxBytes = 500;

net::Task<absl::Status> Begin(const FeatureContext& context, const std::string& user,
                              const OperatorLine& line, bool changes) {
  admin::v1::BeginOperatorCommandRequest request;
  request.set_user(user);
  request.set_command(line.verb);
  request.set_subject(line.object);
  request.set_changes(changes);
  auto begun = co_await rpc::Call(
      context.admin.async(),
      &admin::v1::AdminService::StubInterface::async_interface::BeginOperatorCommand,
      std::move(request), kPatience);
  co_return begun.status();
}

std::string Refusal(const absl::Status& why, const Words& words) {
  if (absl::IsPermissionDenied(why)) return texts::NoOperator(words);
  if (absl::IsUnavailable(why) || absl::IsDeadlineExceeded(why)) {
    return texts::CommandNotNow(words);
  }
  return words.Say(why);
}

}  // namespace

std::optional<OperatorLine> ReadOperatorLine(absl::string_view body) {
  body = absl::StripAsciiWhitespace(body);
  if (body.size() > kMaxBytes || absl::StrContains(body, "\n")) return std::nullopt;
  const std::vector<absl::string_view> said = absl::StrSplit(body, ' ', absl::SkipEmpty());
  if (said.empty() || said.size() > 3 || !absl::EqualsIgnoreCase(said[0], "operator")) {
    return std::nullopt;
  }
  OperatorLine line;
  if (said.size() > 1) line.verb = absl::AsciiStrToLower(said[1]);
  if (said.size() > 2) line.object = std::string(said[2]);
  return line;
}

net::Task<std::string> CarryOut(FeatureContext context, std::string user, OperatorLine line,
                                const Words& words) {
  const OperatorVerb* verb = FindOperatorVerb(line.verb);
  const bool complete = verb != nullptr && line.object.empty() == verb->object.empty();
  OperatorLine asked = line;
  if (!complete) asked = OperatorLine{"help", ""};  // for operators alone, too
  const bool changes = complete && verb->changes;
  const absl::Status may = co_await Begin(context, user, asked, changes);
  if (!may.ok()) co_return Refusal(may, words);
  if (verb == nullptr || (!complete && verb->object.empty())) co_return texts::OperatorHelp(words);
  if (!complete) co_return texts::OperatorNeeds(words, verb->name, verb->object);
  const absl::StatusOr<std::string> said = co_await verb->run(context, line.object, words);
  if (!said.ok()) co_return Refusal(said.status(), words);
  if (!said->empty()) co_return *said;
  co_return texts::OperatorDone(words, absl::StrCat(line.verb, " ", line.object));
}

}  // namespace postern::xmpp_edge
