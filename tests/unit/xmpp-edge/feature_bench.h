#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lib/net/task_group.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"
#include "tests/support/redis_server.h"
#include "tests/unit/xmpp-edge/fake_fetcher.h"
#include "tests/unit/xmpp-edge/fake_rules.h"

namespace postern::xmpp_edge {

// Admin, as far as the edge calls it: accounts in memory, with the errors of the contract.
class FakeAdmin : public admin::v1::AdminService::Service {
 public:
  grpc::Status PutAccount(grpc::ServerContext*, const admin::v1::PutAccountRequest* request,
                          admin::v1::PutAccountResponse* response) override;
  grpc::Status RemoveAccount(grpc::ServerContext*, const admin::v1::RemoveAccountRequest* request,
                             admin::v1::RemoveAccountResponse*) override;
  grpc::Status RemoveUser(grpc::ServerContext*, const admin::v1::RemoveUserRequest* request,
                          admin::v1::RemoveUserResponse*) override;
  grpc::Status ListAccountChanges(grpc::ServerContext*,
                                  const admin::v1::ListAccountChangesRequest* request,
                                  admin::v1::ListAccountChangesResponse* response) override;

  grpc::Status GetSite(grpc::ServerContext*, const admin::v1::GetSiteRequest*,
                       admin::v1::GetSiteResponse* response) override;
  grpc::Status SetPreferences(grpc::ServerContext*, const admin::v1::SetPreferencesRequest* request,
                              admin::v1::SetPreferencesResponse*) override;
  // Links https://id.example/1, 2, …
  grpc::Status BeginConsent(grpc::ServerContext*, const admin::v1::BeginConsentRequest* request,
                            admin::v1::BeginConsentResponse* response) override;
  int consents();  // how many were begun

  grpc::Status SetWatching(grpc::ServerContext*, const admin::v1::SetWatchingRequest* request,
                           admin::v1::SetWatchingResponse* response) override;

  grpc::Status SetSending(grpc::ServerContext*, const admin::v1::SetSendingRequest* request,
                          admin::v1::SetSendingResponse* response) override;

  // Whose commands are allowed; those are kept.
  grpc::Status BeginOperatorCommand(grpc::ServerContext*,
                                    const admin::v1::BeginOperatorCommandRequest* request,
                                    admin::v1::BeginOperatorCommandResponse*) override;
  void MakeOperator(const std::string& user);
  std::vector<admin::v1::BeginOperatorCommandRequest> operator_commands();
  grpc::Status ListUsers(grpc::ServerContext*, const admin::v1::ListUsersRequest*,
                         admin::v1::ListUsersResponse* response) override;
  // By owner, or by OWNER/NAME.
  grpc::Status ListAccounts(grpc::ServerContext*, const admin::v1::ListAccountsRequest* request,
                            admin::v1::ListAccountsResponse* response) override;
  grpc::Status SetAccountEnabled(grpc::ServerContext*,
                                 const admin::v1::SetAccountEnabledRequest* request,
                                 admin::v1::SetAccountEnabledResponse*) override;

  // Before Install().
  void SetSite(admin::v1::GetSiteResponse site);
  std::vector<admin::v1::SetPreferencesRequest> preferences();
  std::vector<admin::v1::SetWatchingRequest> watchings();
  std::vector<admin::v1::SetSendingRequest> sendings();
  // Before the first stanza; the id is the name.
  void Add(admin::v1::Account account);
  void FailWith(grpc::Status status);
  void Stop();
  std::vector<admin::v1::PutAccountRequest> puts();
  bool Has(const std::string& id);

 private:
  std::mutex mutex_;  // gRPC's threads
  std::condition_variable stopped_;
  bool stopping_ = false;
  grpc::Status failure_;
  std::map<std::string, admin::v1::Account> accounts_;
  std::vector<admin::v1::PutAccountRequest> puts_;
  admin::v1::GetSiteResponse site_;
  int consents_ = 0;
  std::vector<admin::v1::SetPreferencesRequest> preferences_;
  std::vector<admin::v1::SetWatchingRequest> watchings_;
  std::vector<admin::v1::SetSendingRequest> sendings_;
  std::set<std::string> operators_;
  std::vector<admin::v1::BeginOperatorCommandRequest> operator_commands_;
};

class FakeRules : public FakePersonalRules {
 public:
  grpc::Status Evaluate(grpc::ServerContext*, const rules::v1::EvaluateRequest* request,
                        rules::v1::EvaluateResponse* response) override;
  // The text of `fingers`; the long one has a line more.
  grpc::Status Finger(grpc::ServerContext*, const rules::v1::FingerRequest* request,
                      rules::v1::FingerResponse* response) override;
  std::map<std::string, std::string> fingers;  // by name in lower case; before Install()
  void Reject(std::string reason);
  rules::v1::EvaluateRequest last();

 private:
  std::mutex mutex_;
  std::string reject_;
  rules::v1::EvaluateRequest last_;
};

// Takes every draft once for each idempotency key.
class FakeSender : public sender::v1::SenderService::Service {
 public:
  grpc::Status TryAccount(grpc::ServerContext*, const sender::v1::TryAccountRequest* request,
                          sender::v1::TryAccountResponse* response) override;
  grpc::Status HoldPassword(grpc::ServerContext*, const sender::v1::HoldPasswordRequest* request,
                            sender::v1::HoldPasswordResponse*) override;
  grpc::Status RetainPasswords(grpc::ServerContext*, const sender::v1::RetainPasswordsRequest*,
                               sender::v1::RetainPasswordsResponse*) override;
  // Of what was taken and not cancelled before; NOT_FOUND else, or what SetCancelling says.
  grpc::Status CancelQueued(grpc::ServerContext*, const sender::v1::CancelQueuedRequest* request,
                            sender::v1::CancelQueuedResponse*) override;
  void SetCancelling(grpc::Status status);
  std::vector<std::string> cancelled();  // keys
  // What was taken and not cancelled: it waits, for ever.
  grpc::Status ListWaiting(grpc::ServerContext*, const sender::v1::ListWaitingRequest* request,
                           sender::v1::ListWaitingResponse* response) override;
  // In how many milliseconds what is submitted is due.
  void SetWait(int64_t milliseconds);
  void SetTrial(sender::v1::TryAccountResponse trial);
  std::vector<sender::v1::TryAccountRequest> tried();
  std::map<std::string, std::string> held();  // account id -> password
  grpc::Status Submit(grpc::ServerContext*, const sender::v1::SubmitRequest* request,
                      sender::v1::SubmitResponse* response) override;
  void FailWith(grpc::Status status);  // OK: works again
  void Hold(bool held);                // answers nothing while held
  std::vector<sender::v1::SubmitRequest> taken();
  size_t calls();

 private:
  bool IsCancelled(const std::string& key) const;

  std::mutex mutex_;
  grpc::Status failure_;
  std::condition_variable released_;
  bool held_ = false;
  size_t calls_ = 0;
  std::vector<sender::v1::SubmitRequest> taken_;
  grpc::Status cancelling_;
  std::vector<std::string> cancelled_;
  int64_t wait_ = 0;
  sender::v1::TryAccountResponse trial_;
  std::vector<sender::v1::TryAccountRequest> tried_;
  std::map<std::string, std::string> passwords_;
};

// The stanzas sent, in order.
class FakeSink : public StanzaSink {
 public:
  net::Task<absl::Status> Send(Element stanza) override;
  net::Task<absl::Status> Barrier() override;
  bool IsUp() const override { return up; }

  bool up = true;
  bool barrier_works = true;
  std::function<void()> at_barrier;  // what happens meanwhile
  std::vector<Element> sent;
};

// Both ends of the feature half of the edge: a user who sends stanzas, and the
// services behind it, over real gRPC and a real Redis.
class FeatureBench {
 public:
  FeatureBench();
  ~FeatureBench();

  // The features begin their work: accounts added before are known.
  void Install();
  // As a restart of the process would: new features over the same Redis.
  void Restart();

  // What the features were given; after Install().
  FeatureContext context();
  PresenceSessions& sessions() { return *sessions_; }

  // Sends a stanza and answers what came back with its id.
  Element Ask(Element stanza);
  // <iq> of `type` from `from` to `to` with one payload.
  Element AskIq(const std::string& type, const std::string& from, const std::string& to,
                Element payload);
  // A chat message; does not wait.
  void Write(const std::string& from, const std::string& to, const std::string& id,
             const std::string& body);
  void Route(Element stanza);
  bool RunUntil(const std::function<bool()>& done);
  // Until nothing has happened for a moment.
  void Settle();
  // As if the user had had time to read the question that a removal begins with.
  void LetRead(const std::string& user = "ann@example.org");
  // The last stanza with that text anywhere in it; nullptr when there is none.
  const Element* SentWith(const std::string& text) const;

  FakeAdmin admin;
  FakeRules rules;
  FakeSender sender;
  FakeFetcher fetcher;
  FakeSink sink;
  ContactAddresses contacts;          // of the site; before Install()
  http::FileSource* files = nullptr;  // the same
  std::string managesieve;            // the same
  size_t most_file_bytes = 0;
  boost::asio::io_context io;
  testing::RedisServer redis_server;
  std::unique_ptr<store::RedisClient> redis;
  std::unique_ptr<ThreadStore> threads;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin_stub_;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules_stub_;
  std::unique_ptr<sender::v1::SenderService::StubInterface> sender_stub_;
  std::unique_ptr<postern::fetcher::v1::FetcherService::StubInterface> fetcher_stub_;
  std::unique_ptr<PresenceSessions> sessions_;
  std::unique_ptr<AccountDirectory> directory_;
  std::unique_ptr<GivenPasswords> given_;
  std::unique_ptr<FailedTrials> failed_trials_;
  std::unique_ptr<Interpreter> interpreter_;
  std::unique_ptr<SiteSettings> site_;
  std::unique_ptr<net::TaskGroup> tasks_;
  std::unique_ptr<StanzaRouter> router_;
  int next_id_ = 0;
};

inline constexpr char kDomain[] = "mail.example.org";
inline constexpr char kAnn[] = "ann@example.org/phone";
inline constexpr char kBob[] = "bob@example.org/laptop";

admin::v1::Account ImapAccount(const std::string& owner, const std::string& name);
admin::v1::Account SmtpAccount(const std::string& owner, const std::string& name);

// <query xmlns=ns node=node/>.
Element QueryOf(absl::string_view ns, const std::string& node = "");
// A form filled in, as jabber:iq:register takes it.
Element FilledForm(const std::map<std::string, std::string>& fields);
// What the children of that name in an answer's payload say in an attribute.
std::set<std::string> AttrsOf(const Element& answer, const char* child, const char* attr);

// The condition of an error answer; "" when it is none.
std::string ConditionOf(const Element& stanza);
std::string ErrorTextOf(const Element& stanza);

}  // namespace postern::xmpp_edge
