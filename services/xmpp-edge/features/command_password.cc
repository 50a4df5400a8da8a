// Ours: "postern#password", for clients that can keep a password out of the chat history.
#include <ctime>
#include <utility>

#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_handover.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/password_rules.h"
#include "services/xmpp-edge/texts/password.h"
#include "services/xmpp-edge/wipe.h"

namespace postern::xmpp_edge {
net::Task<absl::StatusOr<CommandReply>> GivePassword(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const AccountDirectory::Account account = step.place.account;
  if (step.number == 0) co_return CommandReply::Ask(PasswordForm(*account, words), CommandState());
  std::string given = step.Value(std::string(kPasswordField));
  crypto::Secret password(given);
  crypto::Wipe(given);
  WipeValues(step.form);
  if (password.empty()) {
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("The password is empty or too long."));
  }
  if (!context.sessions.IsAvailable(account->owner())) {
    co_return CommandReply::Error(texts::PasswordUnseen(words));
  }
  // So that nothing that is written to the contact now is taken for one more.
  const int64_t since = context.sessions.Of(account->owner()).since_unix_ms;
  PasswordMark given_now = GivenMark(*account, since, std::time(nullptr));
  PasswordMarks marks(context.redis);
  absl::Status marked = co_await marks.Put(account->owner(), account->id(), std::move(given_now));
  if (!marked.ok()) co_return marked;
  absl::Status held = co_await HandOverPassword(context, account, std::move(password));
  if (!held.ok()) {
    co_return words::Error(
        absl::StatusCode::kUnavailable,
        words::Word("The password for account '$0' could not be handed on. Send it again in a "
                    "minute.",
                    account->name()));
  }
  co_return CommandReply::Note(texts::PasswordKept(words));
}

}  // namespace postern::xmpp_edge
