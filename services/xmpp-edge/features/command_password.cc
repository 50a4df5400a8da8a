// Ours: "postern#password", for clients that can keep a password out of the chat history.
#include <utility>

#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/password_form.h"
#include "services/xmpp-edge/password_intake.h"
#include "services/xmpp-edge/password_need.h"
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
  auto taken = co_await TakePassword(context, account, std::move(password));
  if (!taken.ok()) {
    co_return CommandReply::Error(WhyNotTaken(taken.status(), account->name(), words));
  }
  const absl::Status held = co_await HandOnPassword(context, *std::move(taken));
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
