#include "services/xmpp-edge/features/registration_answers.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

// "port: must be …" in the words of JMC and the language of the user.
std::string FieldErrorText(const Words& words, const absl::Status& why) {
  const absl::string_view message = why.message();
  const auto wording = words::WordingOf(why);
  const size_t colon = message.find(": ");
  const absl::string_view field = message.substr(0, colon);
  const bool names_field =
      colon != absl::string_view::npos && field.find_first_of(" .") == absl::string_view::npos;
  if (!names_field) return words.Say(why);
  const std::string reason = wording ? words.Say(*wording) : std::string(message.substr(colon + 2));
  return texts::FieldError(words, field, reason);
}

}  // namespace

Element Refusal(const Asked& asked, const absl::Status& why, absl::string_view name) {
  switch (why.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ErrorAnswer(asked.iq, "modify", "not-acceptable", FieldErrorText(asked.words, why));
    case absl::StatusCode::kAlreadyExists:
      return ErrorAnswer(asked.iq, "cancel", "conflict", texts::AccountExists(asked.words, name));
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(asked.iq, "cancel", "item-not-found");
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(asked.iq, "cancel", "not-allowed", asked.words.Say(why));
    default:
      return ErrorAnswer(asked.iq, "wait", "remote-server-timeout",
                         texts::AccountsAway(asked.words));
  }
}

Element TrialRefusal(const Asked& asked, const absl::Status& why) {
  if (absl::IsFailedPrecondition(why)) {
    const std::string problem = FieldErrorText(asked.words, why);
    return ErrorAnswer(asked.iq, "modify", "not-acceptable",
                       texts::NotStored(asked.words, problem));
  }
  const bool over_limit = absl::IsResourceExhausted(why);
  return ErrorAnswer(asked.iq, "wait", over_limit ? "resource-constraint" : "remote-server-timeout",
                     asked.words.Say(why));
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
