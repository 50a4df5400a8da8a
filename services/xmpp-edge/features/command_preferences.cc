// Ours: "postern#preferences".
#include <utility>

#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/language_choice.h"
#include "services/xmpp-edge/texts/commands.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kField[] = "language";
constexpr char kOfClient[] = "auto";

DataForm Form(const FeatureContext& context, const CommandStep& step) {
  const Words& words = *step.words;
  DataForm form;
  form.title = texts::Preferences(words);
  form.instructions = texts::Language(words);
  FormField& field = form.fields.emplace_back();
  field.var = kField;
  field.type = "list-single";
  field.label = texts::Language(words);
  field.required = true;
  const std::string chosen = ChosenLanguage(context, step.user.Bare());
  field.value = chosen.empty() ? kOfClient : chosen;
  field.options.emplace_back(texts::LanguageOfClient(words), kOfClient);
  for (const Interpreter::Language& language : context.interpreter.languages()) {
    field.options.emplace_back(language.name, language.tag);
  }
  return form;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> EditPreferences(FeatureContext context, CommandStep step) {
  const std::string user = step.user.Bare();
  if (context.directory.Of(user).empty()) {
    co_return CommandReply::Error(texts::RegisterFirst(*step.words));
  }
  if (step.number == 0) co_return CommandReply::Ask(Form(context, step), CommandState());
  const std::string asked = step.Value(kField);
  const std::string tag = asked == kOfClient ? "" : context.interpreter.Serving(asked);
  if (tag.empty() && asked != kOfClient) {
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("Choose one of the languages in the form."));
  }
  absl::Status chosen = co_await ChooseLanguage(context, user, tag);
  if (!chosen.ok()) co_return chosen;
  const Words& now = tag.empty() ? *step.words : context.interpreter.Of(user);
  co_return CommandReply::Note(tag.empty() ? texts::LanguageFollowsClient(now)
                                           : texts::LanguageSet(now));
}

}  // namespace postern::xmpp_edge
