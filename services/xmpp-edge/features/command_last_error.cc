// JMC's "jcl#get-last-error".
#include <utility>

#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/consent.h"
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

net::Task<absl::StatusOr<CommandReply>> GetLastError(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const admin::v1::Account& account = *step.place.account;
  DataForm form;
  const std::string problem = LastProblem(account.health(), words);
  const bool awaits_consent = AwaitsConsent(account);
  if (problem.empty() && !awaits_consent) {
    form.title = texts::GetLastError(words);
    form.instructions = texts::NoError(words);
    co_return CommandReply::Result(std::move(form));
  }
  form.title = texts::LastErrorOf(words, account.name());
  if (awaits_consent) {
    form.instructions = texts::NeedsConsent(words);
    auto consent = co_await AskForConsent(context, account.id());
    if (consent.ok()) AddLine(form, "consent", texts::ConsentLabel(words), consent->url());
  }
  if (problem.empty()) co_return CommandReply::Result(std::move(form));
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
