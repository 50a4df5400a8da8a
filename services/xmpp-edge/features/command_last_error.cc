// JMC's "jcl#get-last-error".
#include <utility>

#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {
namespace {

void AddLine(DataForm& form, const char* var, std::string label, std::string value) {
  FormField& field = form.fields.emplace_back();
  field.var = var;
  field.type = "text-single";
  field.label = std::move(label);
  field.value = std::move(value);
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> GetLastError(FeatureContext, CommandStep step) {
  const Words& words = *step.words;
  const admin::v1::Account& account = *step.place.account;
  DataForm form;
  const std::string problem = LastProblem(account.health(), words);
  if (problem.empty()) {
    form.title = texts::GetLastError(words);
    form.instructions = texts::NoError(words);
    co_return CommandReply::Result(std::move(form));
  }
  form.title = texts::LastErrorOf(words, account.name());
  AddLine(form, "last_error", texts::Error(words), problem);
  if (const int64_t when = account.health().last_error_unix(); when > 0) {
    AddLine(form, "when", texts::When(words), texts::ReadableDate(words, when));
  }
  const bool holds = LastProblemHolds(account.health());
  AddLine(form, "now", texts::Now(words),
          holds ? texts::ErrorHolds(words) : texts::ErrorIsOver(words));
  co_return CommandReply::Result(std::move(form));
}

}  // namespace postern::xmpp_edge
