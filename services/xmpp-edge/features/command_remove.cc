// Ours: "postern#remove". At the gateway its user chooses accounts, or everything; then, and
// at an account at once, the command asks whether that is meant.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/features/registration_removal.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kAccounts[] = "accounts";
constexpr char kEverything[] = "everything";
constexpr char kConfirm[] = "confirm";

// What a run keeps: what its user was shown.
constexpr char kIds[] = "ids";

bool IsTicked(const CommandStep& step, const char* var) {
  const std::string value = step.Value(var);
  return value == "1" || value == "true";
}

FormField Tick(const char* var, std::string label) {
  FormField field;
  field.var = var;
  field.type = "boolean";
  field.label = std::move(label);
  field.value = "0";
  return field;
}

DataForm ChoiceForm(const FeatureContext& context, const RemovalWish& all, const Words& words) {
  DataForm form;
  form.title = texts::RemoveAccounts(words);
  form.instructions = texts::ChooseForRemoval(words);
  FormField& field = form.fields.emplace_back();
  field.var = kAccounts;
  field.type = "list-multi";
  field.label = texts::Accounts(words);
  for (const AccountDirectory::Account& account : all.accounts) {
    field.options.emplace_back(ShownAccount(*account, context.site.current(), words),
                               account->name());
  }
  form.fields.push_back(Tick(kEverything, texts::LabelEverything(words)));
  return form;
}

std::string WhatGoes(const RemovalWish& wish, const Words& words) {
  const size_t count = wish.accounts.size();
  return wish.everything ? texts::AllToBeRemoved(words, count, NamesOf(wish))
                         : texts::ToBeRemoved(words, count, NamesOf(wish));
}

std::string IdsOf(const RemovalWish& wish) {
  return absl::StrJoin(wish.accounts, "\n", [](std::string* out, const auto& account) {
    absl::StrAppend(out, account->id());
  });
}

CommandReply Confirm(const CommandStep& step, const RemovalWish& wish) {
  const Words& words = *step.words;
  const bool at_root = step.place.kind == Place::Kind::kRoot;
  DataForm form;
  form.title = at_root ? texts::RemoveAccounts(words) : texts::RemoveThisAccount(words);
  form.instructions = WhatGoes(wish, words);
  form.fields.push_back(Tick(kConfirm, texts::LabelConfirm(words)));
  CommandState state;
  state[kIds] = IdsOf(wish);
  if (wish.everything) state[kEverything] = "1";
  CommandReply reply = CommandReply::Ask(std::move(form), std::move(state));
  reply.back = at_root;
  return reply;
}

CommandReply ConfirmAgain(const CommandStep& step, const RemovalWish& wish) {
  CommandReply reply = Confirm(step, wish);
  reply.form->instructions =
      absl::StrCat(texts::NotConfirmed(*step.words), " ", reply.form->instructions);
  return reply;
}

// Of all accounts those that were chosen in the form.
RemovalWish Chosen(const CommandStep& step, RemovalWish all) {
  all.everything = IsTicked(step, kEverything);
  if (all.everything) return all;
  std::vector<std::string> names;
  if (step.form && step.form->contains(kAccounts)) names = step.form->at(kAccounts);
  std::erase_if(all.accounts, [&names](const AccountDirectory::Account& account) {
    return std::find(names.begin(), names.end(), account->name()) == names.end();
  });
  return all;
}

// Of all accounts those that were shown, as far as they are still there; of everything all.
RemovalWish Shown(const CommandState& state, RemovalWish all) {
  all.everything = state.contains(kEverything);
  if (all.everything) return all;
  const std::vector<std::string> ids = absl::StrSplit(state.at(kIds), '\n');
  std::erase_if(all.accounts, [&ids](const AccountDirectory::Account& account) {
    return std::find(ids.begin(), ids.end(), account->id()) == ids.end();
  });
  return all;
}

CommandReply Choose(const FeatureContext& context, const CommandStep& step, RemovalWish all) {
  const Words& words = *step.words;
  DataForm form = ChoiceForm(context, all, words);
  if (step.number == 0 || step.back) {
    return CommandReply::Ask(std::move(form), CommandState()).MoreFollows();
  }
  const RemovalWish wish = Chosen(step, std::move(all));
  if (!wish.accounts.empty()) return Confirm(step, wish);
  return CommandReply::AskAgain(std::move(form), CommandState(), texts::NothingChosen(words))
      .MoreFollows();
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> RemoveAccounts(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  RemovalWish all;
  all.user = step.user.Bare();
  all.accounts = context.directory.Of(all.user);
  if (all.accounts.empty()) co_return CommandReply::Error(texts::RegisterFirst(words));
  const bool at_root = step.place.kind == Place::Kind::kRoot;
  if (at_root && (step.back || !step.state.contains(kIds))) {
    co_return Choose(context, step, std::move(all));
  }
  if (!at_root && step.number == 0) {
    all.accounts = {step.place.account};
    co_return Confirm(step, all);
  }
  RemovalWish wish = Shown(step.state, std::move(all));
  if (wish.accounts.empty()) co_return absl::NotFoundError("the accounts are gone");
  // An account that came in between was not agreed to.
  if (wish.everything && IdsOf(wish) != step.state.at(kIds)) co_return Confirm(step, wish);
  if (!IsTicked(step, kConfirm)) co_return ConfirmAgain(step, wish);
  const size_t count = wish.accounts.size();
  const bool everything = wish.everything;
  const std::string names = NamesOf(wish);
  Removal removal(context);
  const absl::Status removed = co_await removal.Remove(std::move(wish));
  if (!removed.ok()) co_return removed;
  co_return CommandReply::Note(everything ? texts::AllRemoved(words)
                                          : texts::Removed(words, count, names));
}

}  // namespace postern::xmpp_edge
