#include "services/xmpp-edge/operator_verbs.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/texts/help.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/operator_commands.h"

namespace postern::xmpp_edge {
namespace {

using AdminCalls = admin::v1::AdminService::StubInterface::async_interface;
using Said = absl::StatusOr<std::string>;

constexpr std::chrono::seconds kPatience{20};
constexpr size_t kMaxLines = 50;
constexpr char kAccount[] = "JID/NAME", kUser[] = "JID", kMail[] = "ID";

// Lines of a list that may be long.
class Listing {
 public:
  void Add(std::string line) {
    ++count_;
    if (lines_.size() < kMaxLines) lines_.push_back(std::move(line));
  }
  std::string Text(const Words& words) const {
    if (count_ == 0) return texts::NobodyAndNothing(words);
    const std::string shown = absl::StrJoin(lines_, "\n");
    if (count_ == lines_.size()) return shown;
    return absl::StrCat(shown, "\n", texts::AndMore(words, count_ - lines_.size()));
  }

 private:
  std::vector<std::string> lines_;
  size_t count_ = 0;
};

template <class Request, class Response>
net::Task<absl::StatusOr<Response>> Ask(
    const FeatureContext& context,
    void (AdminCalls::*method)(grpc::ClientContext*, const Request*, Response*,
                               std::function<void(grpc::Status)>),
    Request request) {
  return rpc::Call(context.admin.async(), method, std::move(request), kPatience);
}

net::Task<Said> Status(FeatureContext context, std::string, const Words& words) {
  admin::v1::GetStatusRequest request;
  auto status = co_await Ask(context, &AdminCalls::GetStatus, std::move(request));
  if (!status.ok()) co_return status.status();
  Listing listing;
  for (const auto& service : status->services()) {
    const std::string how = service.serving()          ? texts::StateWorks(words)
                            : service.detail().empty() ? texts::StateError(words)
                                                       : service.detail();
    listing.Add(absl::StrCat(service.name(), ": ", how));
  }
  co_return listing.Text(words);
}

net::Task<Said> Users(FeatureContext context, std::string, const Words& words) {
  admin::v1::ListUsersRequest request;
  auto users = co_await Ask(context, &AdminCalls::ListUsers, std::move(request));
  if (!users.ok()) co_return users.status();
  Listing listing;
  for (const admin::v1::User& user : users->users()) {
    listing.Add(texts::UserLine(words, user.jid(), user.accounts(), user.accounts_in_error()));
  }
  co_return listing.Text(words);
}

net::Task<Said> Sessions(FeatureContext context, std::string, const Words& words) {
  edge::v1::ListSessionsRequest request;
  auto answer = co_await Ask(context, &AdminCalls::ListSessions, std::move(request));
  if (!answer.ok()) co_return answer.status();
  Listing listing;
  for (const edge::v1::Session& session : answer->sessions()) {
    if (session.show() != edge::v1::SHOW_OFFLINE) listing.Add(session.user());
  }
  co_return listing.Text(words);
}

net::Task<absl::StatusOr<admin::v1::ListAccountsResponse>> Find(FeatureContext context,
                                                                std::string owner,
                                                                std::string account) {
  admin::v1::ListAccountsRequest request;
  request.set_owner(std::move(owner));
  request.set_account(std::move(account));
  co_return co_await Ask(context, &AdminCalls::ListAccounts, std::move(request));
}

net::Task<Said> AccountsOf(FeatureContext context, std::string jid, const Words& words) {
  std::string any;
  auto found = co_await Find(context, std::move(jid), std::move(any));
  if (!found.ok()) co_return found.status();
  Listing listing;
  for (const admin::v1::Account& account : found->accounts()) {
    listing.Add(absl::StrCat(account.name(), ": ", AccountState(account, words)));
  }
  co_return listing.Text(words);
}

// The id of the one account that is named.
net::Task<Said> IdOf(FeatureContext context, std::string name) {
  std::string anybody;
  auto found = co_await Find(context, std::move(anybody), std::move(name));
  if (!found.ok()) co_return found.status();
  if (found->accounts_size() != 1) co_return absl::NotFoundError("there is no such account");
  co_return found->accounts(0).id();
}

net::Task<Said> SetEnabled(FeatureContext context, std::string name, bool enabled) {
  Said id = co_await IdOf(context, std::move(name));
  if (!id.ok()) co_return id.status();
  admin::v1::SetAccountEnabledRequest request;
  request.set_account_id(*std::move(id));
  request.set_enabled(enabled);
  auto set = co_await Ask(context, &AdminCalls::SetAccountEnabled, std::move(request));
  if (!set.ok()) co_return set.status();
  co_return std::string();
}

net::Task<Said> Enable(FeatureContext context, std::string name, const Words&) {
  return SetEnabled(context, std::move(name), true);
}
net::Task<Said> Disable(FeatureContext context, std::string name, const Words&) {
  return SetEnabled(context, std::move(name), false);
}

net::Task<Said> Check(FeatureContext context, std::string name, const Words&) {
  Said id = co_await IdOf(context, std::move(name));
  if (!id.ok()) co_return id.status();
  fetcher::v1::CheckAccountRequest request;
  request.set_account_id(*std::move(id));
  auto begun = co_await Ask(context, &AdminCalls::CheckAccount, std::move(request));
  if (!begun.ok()) co_return begun.status();
  co_return std::string();
}

std::string QueueLine(const sender::v1::QueuedMail& mail) {
  absl::string_view state = sender::v1::QueueState_Name(mail.state());
  absl::ConsumePrefix(&state, "QUEUE_STATE_");
  const std::string to = absl::StrJoin(mail.pending_recipients(), ", ");
  return absl::StrCat(mail.queue_id().substr(0, 8), " ", absl::AsciiStrToLower(state), ": ",
                      mail.owner(), " -> ", to, mail.last_error().empty() ? "" : "; ",
                      mail.last_error());
}

net::Task<Said> Queue(FeatureContext context, std::string, const Words& words) {
  sender::v1::ListQueueRequest request;
  request.set_limit(kMaxLines);
  auto queue = co_await Ask(context, &AdminCalls::ListQueue, std::move(request));
  if (!queue.ok()) co_return queue.status();
  std::string text = texts::MailsInQueue(words, queue->total());
  for (const sender::v1::QueuedMail& mail : queue->mails()) {
    absl::StrAppend(&text, "\n", QueueLine(mail));
  }
  if (!queue->next().empty()) {
    absl::StrAppend(&text, "\n", texts::AndMore(words, queue->total() - queue->mails_size()));
  }
  co_return text;
}

// The whole id of a mail, of which a beginning is enough.
net::Task<Said> MailNamed(FeatureContext context, std::string beginning) {
  sender::v1::ListQueueRequest request;
  request.set_queue_id(std::move(beginning));
  auto found = co_await Ask(context, &AdminCalls::ListQueue, std::move(request));
  if (!found.ok()) co_return found.status();
  if (found->mails_size() != 1) co_return absl::NotFoundError("there is no such mail");
  co_return found->mails(0).queue_id();
}

template <class Request, class Response>
net::Task<Said> WithMail(FeatureContext context, std::string beginning,
                         void (AdminCalls::*method)(grpc::ClientContext*, const Request*, Response*,
                                                    std::function<void(grpc::Status)>),
                         Request request) {
  Said id = co_await MailNamed(context, std::move(beginning));
  if (!id.ok()) co_return id.status();
  request.set_queue_id(*std::move(id));
  auto done = co_await Ask(context, method, std::move(request));
  if (!done.ok()) co_return done.status();
  co_return std::string();
}

net::Task<Said> Retry(FeatureContext context, std::string id, const Words&) {
  return WithMail(context, std::move(id), &AdminCalls::RetryQueued,
                  sender::v1::RetryQueuedRequest());
}
net::Task<Said> HoldOrRelease(FeatureContext context, std::string id, bool release) {
  sender::v1::HoldQueuedRequest request;
  request.set_release(release);
  return WithMail(context, std::move(id), &AdminCalls::HoldQueued, std::move(request));
}
net::Task<Said> Hold(FeatureContext context, std::string id, const Words&) {
  return HoldOrRelease(context, std::move(id), false);
}
net::Task<Said> Release(FeatureContext context, std::string id, const Words&) {
  return HoldOrRelease(context, std::move(id), true);
}
net::Task<Said> Cancel(FeatureContext context, std::string id, const Words&) {
  return WithMail(context, std::move(id), &AdminCalls::CancelQueued,
                  sender::v1::CancelQueuedRequest());
}

net::Task<Said> Roles(FeatureContext context, std::string, const Words& words) {
  admin::v1::ListRolesRequest request;
  auto roles = co_await Ask(context, &AdminCalls::ListRoles, std::move(request));
  if (!roles.ok()) co_return roles.status();
  Listing listing;
  for (const auto& one : roles->roles()) {
    if (one.role() == admin::v1::ROLE_OPERATOR) listing.Add(one.user());
  }
  co_return listing.Text(words);
}

constexpr OperatorVerb kVerbs[] = {
    {"status", "", false, &Status},      {"users", "", false, &Users},
    {"sessions", "", false, &Sessions},  {"accounts", kUser, false, &AccountsOf},
    {"check", kAccount, true, &Check},   {"disable", kAccount, true, &Disable},
    {"enable", kAccount, true, &Enable}, {"queue", "", false, &Queue},
    {"retry", kMail, true, &Retry},      {"hold", kMail, true, &Hold},
    {"release", kMail, true, &Release},  {"cancel", kMail, true, &Cancel},
    {"roles", "", false, &Roles},
};

}  // namespace

const OperatorVerb* FindOperatorVerb(absl::string_view name) {
  for (const OperatorVerb& verb : kVerbs) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

}  // namespace postern::xmpp_edge
