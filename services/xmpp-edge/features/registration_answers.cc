#include "services/xmpp-edge/features/registration_answers.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

// "port: must be …" in the words of JMC and the language of the user.
std::string FieldErrorText(const Words& words, const absl::Status& why) {
  const absl::string_view message = why.message();
  const auto wording = words::WordingOf(why);
  const size_t colon = message.find(": ");
  const absl::string_view field = message.substr(0, colon);
  // A host may stand before a colon too.
  const bool names_field = colon != absl::string_view::npos && !LabelOfField(field, words).empty();
  if (!names_field) return words.Say(why);
  const std::string reason = wording ? words.Say(*wording) : std::string(message.substr(colon + 2));
  return texts::FieldError(words, field, LabelOfField(field, words), reason);
}

}  // namespace

RegistrationProblem ProblemOf(const Words& words, const absl::Status& why, absl::string_view name) {
  switch (why.code()) {
    case absl::StatusCode::kInvalidArgument:
      return {"modify", "not-acceptable", FieldErrorText(words, why)};
    case absl::StatusCode::kAlreadyExists:
      return {"cancel", "conflict", texts::AccountExists(words, name)};
    case absl::StatusCode::kNotFound:
      return {"cancel", "item-not-found", ""};
    case absl::StatusCode::kResourceExhausted:
      return {"cancel", "not-allowed", words.Say(why)};
    default:
      // One with a wording comes from who knows better.
      return {"wait", "remote-server-timeout",
              words::WordingOf(why) ? words.Say(why) : texts::AccountsAway(words)};
  }
}

RegistrationProblem TrialProblem(const Words& words, const absl::Status& why) {
  if (absl::IsFailedPrecondition(why)) {
    return {"modify", "not-acceptable", texts::NotStored(words, FieldErrorText(words, why))};
  }
  const bool over_limit = absl::IsResourceExhausted(why);
  return {"wait", over_limit ? "resource-constraint" : "remote-server-timeout", words.Say(why)};
}

Element Refusal(const Asked& asked, const RegistrationProblem& problem) {
  return ErrorAnswer(asked.iq, problem.type, problem.condition, problem.text);
}

Element Refusal(const Asked& asked, const absl::Status& why) {
  return Refusal(asked, ProblemOf(asked.words, why));
}

net::Task<void> AfterAnswer(FeatureContext context) {
  co_await boost::asio::post(context.executor, boost::asio::use_awaitable);
}

net::Task<void> Tell(FeatureContext context, std::string user, std::string text) {
  Element message = MakeStanza("message", context.domain, user, "chat", crypto::RandomId());
  message.AddText("body", text);
  (void)co_await context.sink.Send(std::move(message));
}

}  // namespace postern::xmpp_edge
