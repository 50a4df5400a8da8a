// Ours: "postern#outbox", what waits to be sent, and takes it back.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/texts/waiting_mails.h"
#include "services/xmpp-edge/waiting_mails.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kMails[] = "mails";

DataForm Form(const WaitingMails& waiting, const WaitingMails::Listing& listing,
              const Words& words) {
  DataForm form;
  form.title = texts::WaitingToBeSent(words);
  form.instructions = texts::SelectToTakeBack(words);
  if (listing.more) absl::StrAppend(&form.instructions, " ", texts::MoreWaits(words));
  FormField& field = form.fields.emplace_back();
  field.var = kMails;
  field.type = "list-multi";
  field.label = texts::TakeBackThese(words);
  for (const WaitingMail& mail : listing.mails) {
    field.options.emplace_back(waiting.Line(mail, words), mail.queued.queue_id());
  }
  return form;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> ShowOutbox(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const std::string user = step.user.Bare();
  WaitingMails waiting(context);
  auto listing = co_await waiting.List(user);
  if (!listing.ok()) co_return listing.status();
  if (listing->mails.empty() && step.number == 0) {
    co_return CommandReply::Note(texts::NothingWaits(words));
  }
  if (step.number == 0 || !step.form) {
    co_return CommandReply::Ask(Form(waiting, *listing, words), CommandState());
  }
  std::vector<std::string> chosen;
  if (step.form->contains(kMails)) chosen = step.form->at(kMails);
  std::vector<std::string> said;
  for (const std::string& id : chosen) {
    WaitingMail mail;  // one that has left meanwhile is told so by the sender
    mail.queued.set_queue_id(id);
    const auto known =
        std::find_if(listing->mails.begin(), listing->mails.end(),
                     [&id](const WaitingMail& one) { return one.queued.queue_id() == id; });
    if (known != listing->mails.end()) mail = *known;
    std::string told = co_await waiting.TakeBack(user, std::move(mail), words);
    said.push_back(std::move(told));
  }
  if (said.empty()) said.push_back(texts::NothingTakenBack(words));
  co_return CommandReply::Note(absl::StrJoin(said, "\n"));
}

}  // namespace postern::xmpp_edge
