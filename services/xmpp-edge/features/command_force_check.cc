// JMC's "jmc#force-check": at the gateway for chosen accounts, at an account at once.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/texts/commands.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kField[] = "account_names";

// JMC's: "name/jid".
std::string ValueOf(const admin::v1::Account& account) {
  return absl::StrCat(account.name(), "/", account.owner());
}

DataForm Form(const std::vector<AccountDirectory::Account>& accounts,
              const admin::v1::GetSiteResponse& site, const Words& words) {
  DataForm form;
  form.title = texts::ForceCheck(words);
  form.instructions = texts::SelectAccounts(words);
  FormField& field = form.fields.emplace_back();
  field.var = kField;
  field.type = "list-multi";
  field.label = texts::Accounts(words);
  field.required = true;
  for (const AccountDirectory::Account& account : accounts) {
    field.options.emplace_back(ShownAccount(*account, site, words), ValueOf(*account));
  }
  return form;
}

std::vector<AccountDirectory::Account> Chosen(const std::vector<AccountDirectory::Account>& all,
                                              const CommandStep& step) {
  std::vector<AccountDirectory::Account> chosen;
  if (!step.form || !step.form->contains(kField)) return chosen;
  const std::vector<std::string>& values = step.form->at(kField);
  for (const AccountDirectory::Account& account : all) {
    for (const std::string& value : values) {
      if (value != ValueOf(*account) && value != account->name()) continue;
      chosen.push_back(account);
      break;
    }
  }
  return chosen;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> ForceCheck(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  std::vector<AccountDirectory::Account> accounts;
  if (step.place.kind == Place::Kind::kAccount) {
    accounts.push_back(step.place.account);
  } else {
    accounts = MailboxesOf(context, step.user.Bare());
    if (accounts.empty()) co_return CommandReply::Error(texts::NothingToCheck(words));
    if (step.number == 0) {
      const DataForm form = Form(accounts, context.site.current(), words);
      co_return CommandReply::Ask(form, CommandState());
    }
    accounts = Chosen(accounts, step);
  }
  if (accounts.empty()) {
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("Select account(s) to check for new emails."));
  }
  const std::vector<std::string> sentences = co_await CheckNow(context, std::move(accounts), words);
  co_return CommandReply::Note(absl::StrJoin(sentences, "\n"));
}

}  // namespace postern::xmpp_edge
