// Ours: "postern#finger", what a user of the site says about themselves (JSMail's finger files).
#include <utility>

#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/finger.h"
#include "services/xmpp-edge/settings_form.h"
#include "services/xmpp-edge/texts/finger.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kUser[] = "user", kWide[] = "wide";

DataForm Form(const Words& words) {
  DataForm form;
  form.title = texts::FingerCommand(words);
  form.instructions = texts::FingerInstructions(words);
  FormField user = TextField(kUser, texts::LabelFingerUser(words), "");
  user.required = true;
  form.fields.push_back(std::move(user));
  FormField& wide = form.fields.emplace_back();
  wide.var = kWide;
  wide.type = "boolean";
  wide.label = texts::LabelFingerWide(words);
  wide.value = "0";
  return form;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> Finger(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  if (step.number == 0 || !step.form) {
    co_return CommandReply::Ask(Form(words), CommandState());
  }
  FingerQuestion question;
  question.user = step.Value(kUser);
  const std::string wide = step.Value(kWide);
  question.wide = wide == "1" || wide == "true";
  std::string text = co_await AskFinger(context, std::move(question), words);
  co_return CommandReply::Note(std::move(text));
}

}  // namespace postern::xmpp_edge
