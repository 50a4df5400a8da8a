#include "services/fetcher/effects/rule_effects.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/effects/edited_mail.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxNote = 300;
constexpr int kMaxErrorsTold = 3;
// As it came, as it was edited, and in the call to the sender.
constexpr size_t kCopiesInMemory = 4;

const char* NameOf(const rules::v1::Action& action) {
  if (action.has_redirect()) return "redirect";
  if (action.has_answer()) return "answer";
  if (action.has_notify()) return "notify";
  return "note";
}

NotifiedMail NotifiedOf(const Account& account, const JudgedMail& mail) {
  NotifiedMail notified;
  notified.account = account.name;
  notified.user = account.owner;
  notified.mail_id = mail.mail.delivery_id;
  const mail::v1::Mail& proto = mail.mail.mail;
  if (proto.from_size() > 0) notified.from = rpc::FromProto(proto.from(0)).Readable();
  notified.subject = proto.subject();
  notified.received_unix = proto.received_unix();
  return notified;
}

// Those made before the action.
Edits EditsBefore(const JudgedMail& mail, const rules::v1::Action& action) {
  Edits edits = mail.said.edits();
  const int made = static_cast<int>(action.edits());
  if (made < edits.size()) edits.DeleteSubrange(made, edits.size() - made);
  return edits;
}

}  // namespace

void CountAction(const char* action, const char* result) {
  metrics::Counter("postern_fetcher_rule_actions_total",
                   "What rules wanted done with mails, by what came of it",
                   {{"action", action}, {"result", result}})
      .Increment();
}

void ShowEdited(JudgedMail& mail) {
  if (mail.said.edits().empty() || mail.mail.raw.empty()) return;
  const mail::v1::Mail before = std::move(mail.mail.mail);
  const bool cut = before.size() > mail.mail.raw.size();
  const std::string edited = EditedMail(mail.mail.raw, mail.said.edits());
  mail::Mail parsed = mail::ParseMail(edited, cut ? before.size() : 0);
  parsed.size = before.size();
  parsed.received_unix = before.received_unix();
  mail.mail.mail = rpc::ToProto(parsed);
}

// --- what is sent -----------------------------------------------------------------

net::Task<absl::Status> RuleEffects::Send(const Account& account, std::vector<JudgedMail>& mails,
                                          const ReadWhole& read) {
  for (JudgedMail& mail : mails) {
    absl::Status sent = co_await SendOne(account, mail, read);
    if (!sent.ok()) co_return sent;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleEffects::SendOne(const Account& account, JudgedMail& mail,
                                             const ReadWhole& read) {
  if (!mail.said.errors().empty()) co_await TellErrors(account, mail);
  if (!mail.said.edits().empty() && mail.plan.deliver && mail.mail.raw.empty()) {
    MaybeBytes bytes = co_await read(mail, kWholeBytes);
    auto raw = BytesOrNone(std::move(bytes));
    if (!raw.ok()) co_return raw.status();
    mail.mail.raw = *std::move(raw);
  }
  ShowEdited(mail);
  if (!mail.plan.others.empty()) co_await CheckOthers(account, mail);
  Whole whole;
  for (const rules::v1::Action& action : mail.plan.sends) {
    absl::Status done = co_await Do(account, mail, action, read, whole);
    if (!done.ok() && MayYetWork(done)) {
      CountAction(NameOf(action), "again");
      co_return done;
    }
    CountAction(NameOf(action), done.ok() ? "done" : "never");
    if (!done.ok()) co_await NeverWorks(account, mail, action, done);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleEffects::Do(const Account& account, const JudgedMail& mail,
                                        const rules::v1::Action& action, const ReadWhole& read,
                                        Whole& whole) {
  if (action.has_redirect()) co_return co_await Redirect(account, mail, action, read, whole);
  if (action.has_answer()) co_return co_await Answer(account, action);
  if (action.has_notify()) co_return co_await Notify(account, mail, action);
  const std::string text = mail::CleanLine(action.note().text());
  log::Info("note of a rule", {{"mail", mail.mail.delivery_id},
                               {"account", account.id},
                               {"program", action.program()},
                               {"file", mail::CleanLine(action.note().file_name())},
                               {"note", mail::CutUtf8(text, kMaxNote)}});
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleEffects::Redirect(const Account& account, const JudgedMail& mail,
                                              const rules::v1::Action& action,
                                              const ReadWhole& read, Whole& whole) {
  if (whole.bytes.empty()) {
    const uint64_t size = std::min<uint64_t>(mail.mail.mail.size(), SendingOn::kMostBytes);
    whole.share = co_await whole_mails_.Take(size * kCopiesInMemory);
    auto all = co_await read(mail, SendingOn::kMostBytes + 1);
    if (!all.ok()) co_return all.status();
    // Gone: somebody has removed it, and it is not sent on.
    if (!all->has_value() || (*all)->empty()) co_return absl::OkStatus();
    whole.bytes = **std::move(all);
  }
  std::string edited = EditedMail(whole.bytes, EditsBefore(mail, action));
  co_return co_await parts_.sending.Redirect(account, action, std::move(edited));
}

net::Task<absl::Status> RuleEffects::Notify(const Account& account, const JudgedMail& mail,
                                            const rules::v1::Action& action) {
  const NotifiedMail notified = NotifiedOf(account, mail);
  const std::string& method = action.notify().method();
  if (absl::StartsWithIgnoreCase(method, "xmpp:")) {
    auto request = XmppNotification(action, notified);
    if (!request.ok()) co_return request.status();
    co_return co_await parts_.notes.Notify(account, *std::move(request));
  }
  if (absl::StartsWithIgnoreCase(method, "mailto:")) {
    const auto notification = MailtoNotification(action, notified);
    if (!notification.ok()) co_return notification.status();
    absl::Status sent = co_await parts_.sending.Mailto(account, action, *notification);
    const std::string& folder = action.notify().filed_in();
    if (!sent.ok() || folder.empty() || account.type != AccountType::kImap) co_return sent;
    const auto written = parts_.sending.WrittenNotice(account, action, *notification);
    co_return co_await FileSent(account, folder, notification->subject, written);
  }
  std::string json = WebhookJson(action, notified);
  co_return parts_.webhooks.Post(account.owner, method, std::move(json));
}

// --- what is told -----------------------------------------------------------------

net::Task<void> RuleEffects::NeverWorks(const Account& account, JudgedMail& mail,
                                        const rules::v1::Action& action, absl::Status why) {
  log::Info("what a rule wants can't be done",
            {{"mail", mail.mail.delivery_id},
             {"account", account.id},
             {"action", NameOf(action)},
             {"error", why.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  const std::string subject = SubjectForPeople(mail.mail), reason = WhyNot(why);
  NoteMishap(action.key(), why, mail);
  if (action.has_redirect()) {
    // Nobody else has it then.
    mail.shown_instead = mail.shown_instead || !mail.plan.deliver;
    mail.plan.deliver = mail.plan.stays = true;
    const std::string to = mail::CleanLine(absl::StrJoin(action.redirect().addresses(), ", "));
    co_await parts_.notes.Tell(
        account, words::Word("A rule could not send \"$0\" on to $1: $2", subject, to, reason));
  } else if (action.has_answer()) {
    const std::string to = mail::CleanLine(action.answer().to());
    co_await parts_.notes.Tell(
        account, words::Word("A rule could not answer \"$0\" to $1: $2", subject, to, reason));
  } else {
    co_await parts_.notes.Tell(
        account, words::Word("A rule could not notify anybody of \"$0\": $1", subject, reason));
  }
}

net::Task<void> RuleEffects::TellErrors(const Account& account, const JudgedMail& mail) {
  const int told = std::min(kMaxErrorsTold, mail.said.errors_size());
  for (int i = 0; i < told; ++i) {
    words::Wording error = rpc::FromProto(mail.said.errors(i));
    co_await parts_.notes.Tell(account, std::move(error));
  }
}

// Only people who use this gateway get mails of others by it.
net::Task<void> RuleEffects::CheckOthers(const Account& account, JudgedMail& mail) {
  std::vector<std::string> users;
  for (std::string& other : mail.plan.others) {
    if (parts_.book.IsUser(other)) {
      users.push_back(std::move(other));
      continue;
    }
    mail.plan.deliver = true;
    co_await parts_.notes.Tell(
        account, words::Word("A rule can't deliver mail to $0, who has no account here",
                             mail::CleanLine(other)));
  }
  mail.plan.others = std::move(users);
}

}  // namespace postern::fetcher
