#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/posternctl/accounts.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/queue_retry.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using sender::v1::QueuedMail;
using sender::v1::QueueState;
using Stub = Session::Stub;

constexpr uint32_t kPage = 1000;

// Which mails, as the command line says it.
struct Which {
  std::string id, account, owner, domain, state;
  uint32_t limit = 100;
  bool dated = false;
};

std::string FirstRecipient(const QueuedMail& mail) {
  if (mail.pending_recipients_size() < 2) return absl::StrJoin(mail.pending_recipients(), "");
  return absl::StrCat(mail.pending_recipients(0), " +", mail.pending_recipients_size() - 1);
}

std::string StateOf(const QueuedMail& mail) {
  return absl::StrCat(Words(mail.state()), mail.uncertain() ? ", uncertain" : "");
}

QueueState StateNamed(const std::string& name) {
  for (int state = sender::v1::QueueState_MIN; state <= sender::v1::QueueState_MAX; ++state) {
    if (state != 0 && Words(static_cast<QueueState>(state)) == name) {
      return static_cast<QueueState>(state);
    }
  }
  return sender::v1::QUEUE_STATE_UNSPECIFIED;
}

absl::StatusOr<sender::v1::QueueFilter> FilterOf(Session& session, const Which& which) {
  sender::v1::QueueFilter filter;
  if (!which.account.empty()) {
    auto account = FindAccount(session, which.account);
    if (!account.ok()) return account.status();
    filter.set_account_id(account->id());
  }
  filter.set_owner(which.owner);
  filter.set_domain(which.domain);
  filter.set_state(StateNamed(which.state));
  return filter;
}

void PrintQueue(Session& session, const sender::v1::ListQueueResponse& list) {
  Table table({"ID", "OWNER", "TO", "STATE", ">TRIES", ">SIZE", "NEXT TRY", "WHY"});
  for (const QueuedMail& mail : list.mails())
    table.Add({mail.queue_id(), mail.owner(), FirstRecipient(mail), StateOf(mail),
               absl::StrCat(mail.attempts()), SizeWords(mail.size()),
               TimeWords(mail.next_attempt_unix()), mail.last_error()});
  table.Print(session.out(), list.total() == 0 ? "The queue is empty." : "No such mail.");
  if (list.next().empty()) return;
  session.out() << "... and more; there are " << list.total() << " mails in the queue.\n";
}

absl::Status ListQueue(Session& session, const Which& which) {
  auto filter = FilterOf(session, which);
  if (!filter.ok()) return filter.status();
  sender::v1::ListQueueRequest request;
  *request.mutable_filter() = *std::move(filter);
  sender::v1::ListQueueResponse list;
  do {
    request.set_limit(std::min(kPage, which.limit - list.mails_size()));
    auto page = session.Call(&Stub::ListQueue, request);
    if (!page.ok()) return page.status();
    request.set_after(page->next());
    list.set_total(page->total());
    list.set_next(page->next());
    for (QueuedMail& mail : *page->mutable_mails()) *list.add_mails() = std::move(mail);
  } while (!list.next().empty() && static_cast<uint32_t>(list.mails_size()) < which.limit);
  if (session.json) return session.PrintJson(list);
  PrintQueue(session, list);
  return absl::OkStatus();
}

absl::Status ShowQueued(Session& session, const Which& which) {
  sender::v1::ShowQueuedRequest request;
  request.set_queue_id(which.id);
  auto answer = session.Call(&Stub::ShowQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  const QueuedMail& mail = answer->mail();
  Card card;
  card.Add("id", mail.queue_id());
  card.Add("message id", mail.message_id());
  card.Add("owner", mail.owner());
  card.Add("account", answer->account().empty() ? mail.account_id() : answer->account());
  card.Add("state", StateOf(mail));
  card.Add("from", mail.from());
  card.Add("still to", absl::StrJoin(mail.pending_recipients(), ", "));
  card.Add("size", SizeWords(mail.size()));
  card.Add("submitted", TimeWords(mail.submitted_unix()));
  card.Add("tries", absl::StrCat(mail.attempts()));
  card.Add("next try", TimeWords(mail.next_attempt_unix()));
  card.Add("why", mail.last_error());
  card.Print(session.out());
  if (mail.uncertain()) {
    session.out() << "\nAn attempt ended before the server's last answer: the mail may have been "
                     "taken, and may arrive twice.\n";
  }
  if (answer->header().empty()) return absl::OkStatus();
  session.out() << "\n";
  for (absl::string_view line : absl::StrSplit(answer->header(), "\r\n", absl::SkipEmpty())) {
    PrintLine(session.out(), line);
  }
  return absl::OkStatus();
}

absl::Status RetryQueued(Session& session, const Which& which) {
  auto filter = FilterOf(session, which);
  if (!filter.ok()) return filter.status();
  return RetryMails(session, which.id, *std::move(filter), which.dated);
}

absl::Status HoldQueued(Session& session, const Which& which, bool release) {
  auto filter = FilterOf(session, which);
  if (!filter.ok()) return filter.status();
  sender::v1::HoldQueuedRequest request;
  request.set_queue_id(which.id);
  *request.mutable_filter() = *std::move(filter);
  request.set_release(release);
  auto answer = session.Call(&Stub::HoldQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  const uint32_t changed = answer->changed();
  PrintLine(session.out(), release ? MailsWords(changed, "is released", "are released")
                                   : MailsWords(changed, "is held", "are held"));
  return absl::OkStatus();
}

absl::Status CancelQueued(Session& session, const Which& which) {
  sender::v1::CancelQueuedRequest request;
  request.set_queue_id(which.id);
  auto answer = session.Call(&Stub::CancelQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  PrintLine(session.out(), absl::StrCat(which.id, " is given up; its author is told."));
  return absl::OkStatus();
}

using Chosen = std::shared_ptr<Which>;

// What a script left empty must not mean all mails.
std::string CheckNotEmpty(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

CLI::Option* AddId(CLI::App& verb, const Chosen& which) {
  return verb.add_option("ID", which->id, "of the mail, from 'queue list'")->check(CheckNotEmpty);
}

void AddFilter(CLI::App& verb, const Chosen& which) {
  verb.add_option("--account", which->account, "only that account's: OWNER/NAME or its id")
      ->check(CheckNotEmpty);
  verb.add_option("--owner", which->owner, "only that user's: a bare JID")->check(CheckNotEmpty);
  verb.add_option("--domain", which->domain, "only to recipients there")->check(CheckNotEmpty);
}

CLI::Option* AddDated(CLI::App& verb, const Chosen& which) {
  return verb.add_flag("--dated", which->dated,
                       "those that wait for their date or may be undone, too");
}

void AddList(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  CLI::App& list = nouns.AddVerb(
      queue, "list", "Mail that is not yet sent, and why",
      "The oldest first. A mail is waiting, held (by an operator), sending, reporting (its author\n"
      "is not told yet) or filing (not yet among its author's sent mail). Uncertain: an attempt\n"
      "ended before the server's last answer.\n\n"
      "Examples:\n  posternctl queue list\n  posternctl queue list --domain example.net --state "
      "held\n",
      [which](Session& session) { return ListQueue(session, *which); });
  AddFilter(list, which);
  list.add_option("--state", which->state, "only those in that state")
      ->check(CLI::IsMember({"waiting", "held", "sending", "reporting", "filing"}));
  list.add_option("--limit", which->limit, "how many at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

void AddShow(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  CLI::App& show = nouns.AddVerb(queue, "show", "One mail in full, with its header",
                                 "Example:\n  posternctl queue show 7f3a09c2d41b86e5f0aa\n",
                                 [which](Session& session) { return ShowQueued(session, *which); });
  AddId(show, which)->required();
}

void AddRetry(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  auto all = std::make_shared<bool>(false);
  CLI::App& retry = nouns.AddVerb(
      queue, "retry", "Make a waiting mail due now, or all of them",
      "Ends what the mail waits for: another try, a pause of its account, a schedule; and its\n"
      "date, when it is named or with --dated. One that is held needs 'queue release'.\n\n"
      "Examples:\n  posternctl queue retry 7f3a09c2d41b86e5f0aa\n  posternctl queue retry --all\n",
      [which](Session& session) { return RetryQueued(session, *which); });
  CLI::Option* id = AddId(retry, which);
  CLI::Option* every = retry.add_flag("--all", *all, "every waiting mail")->excludes(id);
  AddDated(retry, which)->needs(every);
  retry.require_option(1, 2);
}

void AddFlush(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  CLI::App& flush = nouns.AddVerb(
      queue, "flush", "Make all waiting mails due now, or those of an account, user or domain",
      "Ends what they wait for, as 'retry' does. Those that wait for the date that their author\n"
      "gave them, or that may be undone for some seconds, are left and counted, but for "
      "--dated.\n\n"
      "Examples:\n  posternctl queue flush\n  posternctl queue flush --domain example.net\n",
      [which](Session& session) { return RetryQueued(session, *which); });
  AddFilter(flush, which);
  AddDated(flush, which);
}

void AddHold(Nouns& nouns, CLI::App& queue, bool release) {
  auto which = std::make_shared<Which>();
  const std::string name = release ? "release" : "hold";
  CLI::App& verb = nouns.AddVerb(
      queue, name,
      release ? "Let held mails go" : "Let mails wait until they are released, or five days",
      absl::StrCat("Examples:\n  posternctl queue ", name,
                   " 7f3a09c2d41b86e5f0aa\n  posternctl queue ", name,
                   " --owner ann@example.org\n"),
      [which, release](Session& session) { return HoldQueued(session, *which, release); });
  AddId(verb, which);
  AddFilter(verb, which);
  verb.require_option(1, 3);
}

void AddCancel(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  CLI::App& cancel =
      nouns.AddVerb(queue, "cancel", "Give a waiting mail up; its author is told",
                    "A mail that is being sent at this moment can't be cancelled.\n\n"
                    "Example:\n  posternctl queue cancel 7f3a09c2d41b86e5f0aa\n",
                    [which](Session& session) { return CancelQueued(session, *which); });
  AddId(cancel, which)->required();
}

}  // namespace

void AddQueue(Nouns& nouns) {
  CLI::App& queue = nouns.AddNoun("queue", "Mail on its way out");
  AddList(nouns, queue);
  AddShow(nouns, queue);
  AddRetry(nouns, queue);
  AddFlush(nouns, queue);
  AddHold(nouns, queue, false);
  AddHold(nouns, queue, true);
  AddCancel(nouns, queue);
}

}  // namespace postern::posternctl
