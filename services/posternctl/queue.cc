#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using sender::v1::QueuedMail;
using Stub = Session::Stub;

std::string FirstRecipient(const QueuedMail& mail) {
  if (mail.pending_recipients_size() < 2) return absl::StrJoin(mail.pending_recipients(), "");
  return absl::StrCat(mail.pending_recipients(0), " +", mail.pending_recipients_size() - 1);
}

absl::Status ListQueue(Session& session) {
  auto answer = session.Call(&Stub::ListQueue, sender::v1::ListQueueRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"ID", "OWNER", "TO", "STATE", ">TRIES", ">SIZE", "NEXT TRY", "LAST ERROR"});
  for (const QueuedMail& mail : answer->mails())
    table.Add({mail.queue_id(), mail.owner(), FirstRecipient(mail), Words(mail.state()),
               absl::StrCat(mail.attempts()), SizeWords(mail.size()),
               TimeWords(mail.next_attempt_unix()), mail.last_error()});
  table.Print(session.out(), "The queue is empty.");
  const uint64_t shown = answer->mails_size();
  if (answer->total() > shown) session.out() << "... and " << answer->total() - shown << " more.\n";
  return absl::OkStatus();
}

absl::Status ShowQueued(Session& session, const std::string& id) {
  sender::v1::ListQueueRequest request;
  request.set_queue_id(id);
  auto answer = session.Call(&Stub::ListQueue, request);
  if (!answer.ok()) return answer.status();
  if (answer->mails().empty())
    return absl::NotFoundError(absl::StrCat("there is no mail ", id, " in the queue"));
  const QueuedMail& mail = answer->mails(0);
  if (session.json) return session.PrintJson(mail);
  Card card;
  card.Add("id", mail.queue_id());
  card.Add("message id", mail.message_id());
  card.Add("owner", mail.owner());
  card.Add("account", mail.account_id());
  card.Add("state", Words(mail.state()));
  card.Add("still to", absl::StrJoin(mail.pending_recipients(), ", "));
  card.Add("size", SizeWords(mail.size()));
  card.Add("submitted", TimeWords(mail.submitted_unix()));
  card.Add("tries", absl::StrCat(mail.attempts()));
  card.Add("next try", TimeWords(mail.next_attempt_unix()));
  card.Add("last error", mail.last_error());
  card.Print(session.out());
  return absl::OkStatus();
}

absl::Status RetryQueued(Session& session, const std::string& id) {
  sender::v1::RetryQueuedRequest request;
  request.set_queue_id(id);
  auto answer = session.Call(&Stub::RetryQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  session.out() << answer->retried() << (answer->retried() == 1 ? " mail is" : " mails are")
                << " due now.\n";
  return absl::OkStatus();
}

absl::Status CancelQueued(Session& session, const std::string& id) {
  sender::v1::CancelQueuedRequest request;
  request.set_queue_id(id);
  auto answer = session.Call(&Stub::CancelQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  PrintLine(session.out(), absl::StrCat(id, " is given up; its author is told."));
  return absl::OkStatus();
}

void AddRetry(Nouns& nouns, CLI::App& queue) {
  auto id = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  CLI::App& retry =
      nouns.AddVerb(queue, "retry", "Make a waiting mail due now, or all of them",
                    "Examples:\n  posternctl queue retry 7f3a\n  posternctl queue retry --all\n",
                    [id](Session& session) { return RetryQueued(session, *id); });
  auto* which = retry.add_option_group("which");
  which->add_option("ID", *id, "of the mail, from 'queue list'");
  which->add_flag("--all", *all, "every waiting mail");
  which->require_option(1);
}

}  // namespace

void AddQueue(Nouns& nouns) {
  CLI::App& queue = nouns.AddNoun("queue", "Mail on its way out");
  nouns.AddVerb(queue, "list", "All mail that is not yet sent, and why",
                "Example:\n  posternctl queue list\n", ListQueue);
  auto shown = std::make_shared<std::string>();
  nouns
      .AddVerb(queue, "show", "One mail in full", "Example:\n  posternctl queue show 7f3a\n",
               [shown](Session& session) { return ShowQueued(session, *shown); })
      .add_option("ID", *shown, "of the mail, from 'queue list'")
      ->required();
  AddRetry(nouns, queue);
  auto cancelled = std::make_shared<std::string>();
  nouns
      .AddVerb(queue, "cancel", "Give a waiting mail up; its author is told",
               "A mail that is being sent at this moment can't be cancelled.\n\n"
               "Example:\n  posternctl queue cancel 7f3a\n",
               [cancelled](Session& session) { return CancelQueued(session, *cancelled); })
      .add_option("ID", *cancelled, "of the mail, from 'queue list'")
      ->required();
}

}  // namespace postern::posternctl
