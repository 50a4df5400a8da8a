// JMC's "jmc#get-email": lists an account's mailbox, newest first and ten a page, and
// sends what was selected on any of the pages.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/mail/utf8.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/brought_mail.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/features/mail_labels.h"
#include "services/xmpp-edge/texts/commands.h"

namespace postern::xmpp_edge {
namespace {

using fetcher::v1::ListMailsResponse;
using fetcher::v1::MailSummary;
using Async = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr auto kPatience = std::chrono::seconds(40);  // a mail server is asked
constexpr auto kSendingLimit = std::chrono::seconds(70);
constexpr uint32_t kPageSize = 10;
constexpr int kMaxSelected = 100;
constexpr int kBatch = 16;  // fetcher.proto: at most 32; mails may be large
constexpr size_t kMaxLabelPart = 200;
constexpr char kEmails[] = "emails";
constexpr char kFetchMore[] = "fetch_more";

// Where a run is, between its steps.
struct Progress {
  ListMailsResponse page;           // as it was offered
  ListMailsResponse selected;       // newest first, without those of `page`
  std::vector<std::string> before;  // for each page up to this one: what it begins below
};

CommandState Kept(const Progress& progress) {
  fetcher::v1::ReadMailsRequest before;
  before.mutable_ids()->Assign(progress.before.begin(), progress.before.end());
  return {{"page", progress.page.SerializeAsString()},
          {"selected", progress.selected.SerializeAsString()},
          {"before", before.SerializeAsString()}};
}

Progress ReadProgress(const CommandState& state) {
  Progress progress;
  const auto field = [&state](const char* key) {
    const auto found = state.find(key);
    return found == state.end() ? std::string() : found->second;
  };
  fetcher::v1::ReadMailsRequest before;  // written by us; empty at worst
  progress.page.ParseFromString(field("page"));
  progress.selected.ParseFromString(field("selected"));
  before.ParseFromString(field("before"));
  progress.before.assign(before.ids().begin(), before.ids().end());
  return progress;
}

std::string Short(absl::string_view text) {
  return mail::CleanLine(mail::CutUtf8(text, kMaxLabelPart));
}

// Only what a label may show is kept.
void Trim(ListMailsResponse& page) {
  for (MailSummary& mail : *page.mutable_mails()) {
    mail.set_subject(Short(mail.subject()));
    mail.mutable_from()->set_display_name(Short(mail.from().display_name()));
    mail.mutable_from()->set_local_part(Short(mail.from().local_part()));
    mail.mutable_from()->set_domain(Short(mail.from().domain()));
  }
}

bool Contains(const ListMailsResponse& mails, const std::string& id) {
  return std::any_of(mails.mails().begin(), mails.mails().end(),
                     [&id](const MailSummary& mail) { return mail.id() == id; });
}

// What was selected on the page that is listed now: the user has been here before.
FormField EmailsField(Progress& progress, const Words& words) {
  FormField field;
  field.var = kEmails;
  field.type = "list-multi";
  field.label = texts::Emails(words);
  const std::vector<std::string> labels = MailLabels(progress.page, words);
  for (int i = 0; i < progress.page.mails_size(); ++i) {
    const MailSummary& mail = progress.page.mails(i);
    field.options.emplace_back(labels[i], mail.id());
    if (Contains(progress.selected, mail.id())) field.values.push_back(mail.id());
  }
  return field;
}

CommandReply AskForEmails(Progress progress, const Words& words) {
  DataForm form;
  form.title = texts::FetchEmails(words);
  form.instructions = texts::SelectEmails(words);
  form.fields.push_back(EmailsField(progress, words));
  if (progress.page.more()) {
    FormField& more = form.fields.emplace_back();
    more.var = kFetchMore;
    more.type = "boolean";
    more.label = texts::FetchMore(words);
    more.value = "0";
  }
  const bool back = progress.before.size() > 1;
  const bool onward = progress.page.more();
  CommandReply reply = CommandReply::Ask(std::move(form), Kept(progress));
  reply.back = back;
  reply.onward = onward;
  return reply;
}

// Takes what was selected on the page. Selections of other pages stay.
absl::Status Select(const CommandStep& step, Progress& progress) {
  std::vector<std::string> ids;
  if (step.form && step.form->contains(kEmails)) ids = step.form->at(kEmails);
  ListMailsResponse selected;
  for (const MailSummary& mail : progress.selected.mails()) {
    if (!Contains(progress.page, mail.id())) *selected.add_mails() = mail;
  }
  for (const std::string& id : ids) {
    if (!Contains(progress.page, id)) {
      return words::Error(absl::StatusCode::kInvalidArgument,
                          words::Word("The form names an email that was not offered."));
    }
  }
  for (const MailSummary& mail : progress.page.mails()) {
    if (std::find(ids.begin(), ids.end(), mail.id()) != ids.end()) *selected.add_mails() = mail;
  }
  if (selected.mails_size() > kMaxSelected) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        words::Word("Select $0 emails at most.", kMaxSelected));
  }
  progress.selected = std::move(selected);
  return absl::OkStatus();
}

net::Task<absl::StatusOr<ListMailsResponse>> List(const FeatureContext& context,
                                                  std::string account_id, std::string before) {
  fetcher::v1::ListMailsRequest request;
  request.set_account_id(account_id);
  request.set_before_id(before);
  request.set_limit(kPageSize);
  auto page =
      co_await rpc::Call(context.fetcher.async(), &Async::ListMails, std::move(request), kPatience);
  if (!page.ok()) co_return page.status();
  Trim(*page);
  co_return *std::move(page);
}

// The same step done again says it under the same id.
net::Task<absl::Status> SendMail(const FeatureContext& context, const CommandStep& step,
                                 const fetcher::v1::ReadMailsResponse::ReadMail& read) {
  BroughtMail brought;
  brought.account = step.place.account;
  brought.read = read;
  brought.stanza_id = crypto::Sha256Hex(absl::StrCat(step.session, "\n", read.id())).substr(0, 32);
  co_return co_await BringMail(context, std::move(brought), *step.words);
}

// What came of sending the selected mails.
struct Sending {
  size_t sent = 0;
  std::vector<std::string> gone;  // labels of those that are not there any more
  absl::Status trouble;           // of the mail server, which ended it before the last one
};

// The oldest first. It ends in good time before another may take the session for
// abandoned (CommandSessions). A Status: the link broke, and nobody knows what came
// through; the step may be done again, under the same ids.
net::Task<absl::StatusOr<Sending>> SendSelected(const FeatureContext& context,
                                                const CommandStep& step,
                                                const ListMailsResponse& selected) {
  Sending sending;
  const auto until = std::chrono::steady_clock::now() + kSendingLimit;
  for (int end = selected.mails_size(); end > 0; end -= std::min(end, kBatch)) {
    fetcher::v1::ReadMailsRequest request;
    request.set_account_id(step.place.account->id());
    const int begin = std::max(0, end - kBatch);
    if (std::chrono::steady_clock::now() >= until) {
      sending.trouble = absl::DeadlineExceededError("the mail server is too slow");
      break;
    }
    for (int i = end - 1; i >= begin; --i) request.add_ids(selected.mails(i).id());
    auto read = co_await rpc::Call(context.fetcher.async(), &Async::ReadMails, std::move(request),
                                   kPatience);
    sending.trouble = read.status();
    if (!sending.trouble.ok()) break;
    for (int i = end - 1; i >= begin; --i) {
      const std::string& id = selected.mails(i).id();
      const auto found = std::find_if(read->mails().begin(), read->mails().end(),
                                      [&id](const auto& mail) { return mail.id() == id; });
      if (found == read->mails().end()) {
        sending.gone.push_back(MailLabel(selected.mails(i), *step.words));
        continue;
      }
      absl::Status sent = co_await SendMail(context, step, *found);
      if (!sent.ok()) co_return sent;
      ++sending.sent;
    }
  }
  absl::Status taken = co_await context.sink.Barrier();
  if (!taken.ok()) co_return taken;
  co_return sending;
}

net::Task<absl::StatusOr<CommandReply>> Finish(const FeatureContext& context,
                                               const CommandStep& step,
                                               ListMailsResponse selected) {
  const Words& words = *step.words;
  // Those of a page that was looked at again came in last. Unknown dates are all equal.
  std::stable_sort(selected.mutable_mails()->begin(), selected.mutable_mails()->end(),
                   [](const MailSummary& a, const MailSummary& b) {
                     return a.received_unix() > b.received_unix();
                   });
  if (selected.mails().empty()) co_return CommandReply::Note(texts::NoEmailChosen(words));
  auto sending = co_await SendSelected(context, step, selected);
  if (!sending.ok()) co_return sending.status();
  if (!sending->trouble.ok() && sending->sent == 0) co_return sending->trouble;
  log::Info("mails fetched by hand", {{"account", step.place.account->id()},
                                      {"sent", sending->sent},
                                      {"gone", sending->gone.size()}});
  DataForm result;
  result.title = texts::EmailsSent(words, sending->sent);
  FormField& told = result.fields.emplace_back();
  told.var = "sent";
  told.type = "fixed";
  told.value = result.title;
  if (!sending->gone.empty()) {
    FormField& lost = result.fields.emplace_back();
    lost.var = "gone";
    lost.type = "text-multi";
    lost.label = texts::EmailsGone(words);
    lost.values = std::move(sending->gone);
  }
  CommandReply reply = CommandReply::Result(std::move(result));
  // An error would end the step as undone, and what was sent would be sent again.
  if (!sending->trouble.ok()) {
    const auto wording = words::WordingOf(sending->trouble);
    reply.note =
        wording ? texts::OthersNotSent(words, words.Say(*wording)) : texts::OthersNotSentNow(words);
    reply.note_is_error = true;
  }
  co_return reply;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> GetEmail(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  Progress progress = ReadProgress(step.state);
  if (step.number == 0) {
    progress.before.push_back("");
  } else {
    if (step.form || !step.back) {
      absl::Status selected = Select(step, progress);
      if (!selected.ok()) co_return selected;
    }
    const std::string more = step.Value(kFetchMore);
    const bool onward = step.onward || more == "1" || more == "true";
    if (step.back) {
      progress.before.pop_back();
    } else if (onward && progress.page.more() && !progress.page.mails().empty()) {
      progress.before.push_back(progress.page.mails().rbegin()->id());
    } else {
      co_return co_await Finish(context, step, progress.selected);
    }
  }
  auto page = co_await List(context, step.place.account->id(), progress.before.back());
  if (!page.ok()) co_return page.status();
  progress.page = *std::move(page);
  if (progress.page.mails().empty() && step.number == 0) {
    co_return CommandReply::Note(texts::MailboxEmpty(words));
  }
  // What stood below was deleted meanwhile: there is nothing more to select from.
  if (progress.page.mails().empty() && !step.back) {
    co_return co_await Finish(context, step, progress.selected);
  }
  co_return AskForEmails(std::move(progress), words);
}

}  // namespace postern::xmpp_edge
