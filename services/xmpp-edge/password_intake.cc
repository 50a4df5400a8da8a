#include "services/xmpp-edge/password_intake.h"

#include <ctime>
#include <utility>

#include "lib/process/log.h"
#include "services/xmpp-edge/failed_trials.h"
#include "services/xmpp-edge/given_passwords.h"
#include "services/xmpp-edge/password_handover.h"
#include "services/xmpp-edge/password_rules.h"
#include "services/xmpp-edge/texts/password.h"

namespace postern::xmpp_edge {
namespace {

net::Task<absl::StatusOr<TakenPassword>> MarkTaken(FeatureContext context,
                                                   AccountDirectory::Account account,
                                                   crypto::Secret password) {
  const std::string user = account->owner();
  PasswordMarks marks(context.redis);
  auto before = co_await marks.Get(user, account->id());
  if (!before.ok()) co_return before.status();
  TakenPassword taken;
  taken.before = *std::move(before);
  const int64_t since = context.sessions.Of(user).since_unix_ms;
  taken.given = GivenMark(*account, since, std::time(nullptr));
  PasswordMark given = taken.given;
  absl::Status marked = co_await marks.Put(user, account->id(), std::move(given));
  if (!marked.ok()) co_return marked;
  context.given.Remember(*account, password.Reveal());
  context.failed_trials.CountUntilItWorks(*account);
  taken.account = std::move(account);
  taken.password = std::move(password);
  co_return taken;
}

}  // namespace

net::Task<absl::StatusOr<TakenPassword>> TakePassword(FeatureContext context,
                                                      AccountDirectory::Account account,
                                                      crypto::Secret password) {
  const std::string user = account->owner(), id = account->id();
  if (!context.sessions.IsAvailable(user)) {
    co_return absl::FailedPreconditionError("the user is not seen online");
  }
  if (context.failed_trials.IsOver(user)) {
    co_return absl::ResourceExhaustedError("too many passwords did not work");
  }
  if (!context.given.BeginHandOver(id)) {
    co_return absl::AbortedError("another password is being handed on");
  }
  auto taken = co_await MarkTaken(context, std::move(account), std::move(password));
  if (!taken.ok()) context.given.EndHandOver(id);
  co_return taken;
}

net::Task<absl::Status> HandOnPassword(FeatureContext context, TakenPassword taken) {
  const std::string user = taken.account->owner(), id = taken.account->id();
  absl::Status held = co_await HandOverPassword(context, taken.account, std::move(taken.password));
  context.given.EndHandOver(id);
  if (held.ok()) co_return held;
  log::Warn("password not handed on",
            {{"account", id}, {"code", absl::StatusCodeToString(held.code())}});
  context.failed_trials.TakeBack(id);
  PasswordMarks marks(context.redis);
  (void)co_await marks.Replace(user, id, std::move(taken.given), std::move(taken.before));
  co_return held;
}

std::string WhyNotTaken(const absl::Status& refused, const std::string& account,
                        const Words& words) {
  switch (refused.code()) {
    case absl::StatusCode::kFailedPrecondition:
      return texts::PasswordUnseen(words);
    case absl::StatusCode::kAborted:
      return texts::PasswordUnderWay(words);
    case absl::StatusCode::kResourceExhausted:
      return texts::TooManyPasswords(words, FailedTrials::kMost);
    default:
      return texts::PasswordNotTaken(words, account);
  }
}

}  // namespace postern::xmpp_edge
