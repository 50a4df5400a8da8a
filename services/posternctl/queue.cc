#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/posternctl/accounts.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/queue_changes.h"
#include "services/posternctl/queue_text.h"
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
  std::vector<std::string> ids;  // whole ones, or their beginnings
  std::string account, owner, domain, state;
  uint32_t limit = 100;
  bool dated = false;
};

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
  PrintQueue(session.out(), list);
  return absl::OkStatus();
}

absl::Status ShowOne(Session& session, const std::string& id) {
  sender::v1::ShowQueuedRequest request;
  request.set_queue_id(id);
  auto answer = session.Call(&Stub::ShowQueued, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  PrintMail(session.out(), *answer);
  return absl::OkStatus();
}

absl::Status ShowQueued(Session& session, const Which& which) {
  if (session.json && which.ids.size() > 1) {
    return absl::InvalidArgumentError("--json shows one mail at a time");
  }
  bool first = true;
  const auto show = [&](const std::string& id) {
    if (!std::exchange(first, false)) session.out() << "\n";
    return ShowOne(session, id);
  };
  return ForEachMail(which.ids, show);
}

absl::Status RetryQueued(Session& session, const Which& which) {
  auto filter = FilterOf(session, which);
  if (!filter.ok()) return filter.status();
  return RetryMails(session, which.ids, *std::move(filter), which.dated);
}

absl::Status HoldQueued(Session& session, const Which& which, bool release) {
  auto filter = FilterOf(session, which);
  if (!filter.ok()) return filter.status();
  sender::v1::HoldQueuedResponse all;
  const auto hold = [&](const std::string& id) {
    sender::v1::HoldQueuedRequest request;
    request.set_queue_id(id);
    *request.mutable_filter() = *filter;
    request.set_release(release);
    auto answer = session.Call(&Stub::HoldQueued, request);
    if (answer.ok()) all.set_changed(all.changed() + answer->changed());
    return answer.status();
  };
  absl::Status s = which.ids.empty() ? hold("") : ForEachWholeId(session, which.ids, hold);
  if (!s.ok() && all.changed() == 0) return s;
  if (session.json) {
    if (absl::Status printed = session.PrintJson(all); !printed.ok()) return printed;
    return s;
  }
  PrintLine(session.out(), release ? MailsWords(all.changed(), "is released", "are released")
                                   : MailsWords(all.changed(), "is held", "are held"));
  return s;
}

absl::Status CancelQueued(Session& session, const Which& which) {
  const auto cancel = [&](const std::string& id) {
    sender::v1::CancelQueuedRequest request;
    request.set_queue_id(id);
    auto answer = session.Call(&Stub::CancelQueued, request);
    if (answer.ok() && !session.json) {
      PrintLine(session.out(), absl::StrCat(id, " is given up; its author is told."));
    }
    return answer.status();
  };
  absl::Status s = ForEachWholeId(session, which.ids, cancel);
  if (s.ok() && session.json) return session.PrintJson(sender::v1::CancelQueuedResponse());
  return s;
}

using Chosen = std::shared_ptr<Which>;

// What a script left empty must not mean all mails.
std::string CheckNotEmpty(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

CLI::Option* AddIds(CLI::App& verb, const Chosen& which) {
  return verb.add_option("ID", which->ids, "of the mails, from 'queue list', or how it begins")
      ->check(CheckNotEmpty);
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
      "The oldest first; below each its owner, who it is still for, and what it waits for. A mail\n"
      "is waiting, held (by an operator), sending, reporting (its author is not told yet) or\n"
      "filing (not yet among its author's sent mail). Uncertain: an attempt ended before the\n"
      "server's last answer.\n\n"
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
  CLI::App& show = nouns.AddVerb(queue, "show", "Mails in full, with their headers",
                                 "Example:\n  posternctl queue show 7f3a09c2\n",
                                 [which](Session& session) { return ShowQueued(session, *which); });
  AddIds(show, which)->required();
}

void AddRetry(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  auto all = std::make_shared<bool>(false);
  CLI::App& retry = nouns.AddVerb(
      queue, "retry", "Make waiting mails due now, or all of them",
      "Ends what the mail waits for: another try, a pause of its account, a schedule; and its\n"
      "date, when it is named or with --dated. One that is held needs 'queue release'.\n\n"
      "Examples:\n  posternctl queue retry 7f3a09c2 51be77d0\n  posternctl queue retry --all\n",
      [which](Session& session) { return RetryQueued(session, *which); });
  CLI::Option* id = AddIds(retry, which);
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
                   " 7f3a09c2 51be77d0\n  posternctl queue ", name, " --owner ann@example.org\n"),
      [which, release](Session& session) { return HoldQueued(session, *which, release); });
  AddIds(verb, which);
  AddFilter(verb, which);
  verb.require_option(1, 3);
}

void AddCancel(Nouns& nouns, CLI::App& queue) {
  auto which = std::make_shared<Which>();
  CLI::App& cancel =
      nouns.AddVerb(queue, "cancel", "Give waiting mails up; their authors are told",
                    "A mail that is being sent at this moment can't be cancelled.\n\n"
                    "Example:\n  posternctl queue cancel 7f3a09c2 51be77d0\n",
                    [which](Session& session) { return CancelQueued(session, *which); });
  AddIds(cancel, which)->required();
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
