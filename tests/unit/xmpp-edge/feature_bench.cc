#include "tests/unit/xmpp-edge/feature_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/features/features.h"
#include "tests/support/await.h"

namespace postern::xmpp_edge {

using std::chrono::milliseconds;
using std::chrono::seconds;

grpc::Status FakeAdmin::PutAccount(grpc::ServerContext*,
                                   const admin::v1::PutAccountRequest* request,
                                   admin::v1::PutAccountResponse* response) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  puts_.push_back(*request);
  admin::v1::Account account = request->account();
  bool first = true;
  for (const auto& [id, other] : accounts_) first &= other.owner() != account.owner();
  response->set_created(account.id().empty());
  if (account.id().empty()) account.set_id(absl::StrCat(account.owner(), "/", account.name()));
  if (response->created() && accounts_.contains(account.id())) {
    return grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "exists");
  }
  accounts_[account.id()] = account;
  *response->mutable_account() = account;
  response->set_first_of_user(first);
  return grpc::Status::OK;
}

grpc::Status FakeAdmin::RemoveAccount(grpc::ServerContext*,
                                      const admin::v1::RemoveAccountRequest* request,
                                      admin::v1::RemoveAccountResponse*) {
  std::lock_guard lock(mutex_);
  accounts_.erase(request->account_id());
  return failure_;
}

grpc::Status FakeAdmin::RemoveUser(grpc::ServerContext*,
                                   const admin::v1::RemoveUserRequest* request,
                                   admin::v1::RemoveUserResponse*) {
  std::lock_guard lock(mutex_);
  std::erase_if(accounts_, [&](const auto& e) { return e.second.owner() == request->user(); });
  return failure_;
}

grpc::Status FakeAdmin::ListAccountChanges(grpc::ServerContext*,
                                           const admin::v1::ListAccountChangesRequest* request,
                                           admin::v1::ListAccountChangesResponse* response) {
  std::unique_lock lock(mutex_);
  // What the edge itself changes it applies itself: no news but the first.
  if (request->since_revision() > 0) {
    // Not as long as asked: a call under way is waited for when the edge stops.
    stopped_.wait_for(lock, milliseconds(100), [this] { return stopping_; });
    response->set_revision(request->since_revision());
    return grpc::Status::OK;
  }
  for (const auto& [id, account] : accounts_) *response->add_changed() = account;
  response->set_revision(1);
  response->set_snapshot(true);
  return grpc::Status::OK;
}

void FakeAdmin::Add(admin::v1::Account account) {
  std::lock_guard lock(mutex_);
  account.set_id(absl::StrCat(account.owner(), "/", account.name()));
  accounts_[account.id()] = account;
}
void FakeAdmin::FailWith(grpc::Status status) {
  std::lock_guard lock(mutex_);
  failure_ = status;
}
void FakeAdmin::Stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  stopped_.notify_all();
}
std::vector<admin::v1::PutAccountRequest> FakeAdmin::puts() {
  std::lock_guard lock(mutex_);
  return puts_;
}
bool FakeAdmin::Has(const std::string& id) {
  std::lock_guard lock(mutex_);
  return accounts_.contains(id);
}

grpc::Status FakeAdmin::BeginOperatorCommand(grpc::ServerContext*,
                                             const admin::v1::BeginOperatorCommandRequest* request,
                                             admin::v1::BeginOperatorCommandResponse*) {
  std::lock_guard lock(mutex_);
  if (!operators_.contains(request->user())) {
    return {grpc::StatusCode::PERMISSION_DENIED, "is no operator"};
  }
  operator_commands_.push_back(*request);
  return grpc::Status::OK;
}
void FakeAdmin::MakeOperator(const std::string& user) {
  std::lock_guard lock(mutex_);
  operators_.insert(user);
}
std::vector<admin::v1::BeginOperatorCommandRequest> FakeAdmin::operator_commands() {
  std::lock_guard lock(mutex_);
  return operator_commands_;
}
grpc::Status FakeAdmin::ListUsers(grpc::ServerContext*, const admin::v1::ListUsersRequest*,
                                  admin::v1::ListUsersResponse* response) {
  std::lock_guard lock(mutex_);
  std::map<std::string, uint32_t> users;
  for (const auto& [id, account] : accounts_) ++users[account.owner()];
  for (const auto& [jid, count] : users) {
    admin::v1::User& user = *response->add_users();
    user.set_jid(jid);
    user.set_accounts(count);
  }
  return grpc::Status::OK;
}
grpc::Status FakeAdmin::ListAccounts(grpc::ServerContext*,
                                     const admin::v1::ListAccountsRequest* request,
                                     admin::v1::ListAccountsResponse* response) {
  std::lock_guard lock(mutex_);
  for (const auto& [id, account] : accounts_) {
    const bool meant = request->account().empty()
                           ? account.owner() == request->owner()
                           : request->account() == account.owner() + "/" + account.name();
    if (meant) *response->add_accounts() = account;
  }
  if (request->account().empty() || response->accounts_size() > 0) return grpc::Status::OK;
  return {grpc::StatusCode::NOT_FOUND, "there is no such account"};
}
grpc::Status FakeAdmin::SetAccountEnabled(grpc::ServerContext*,
                                          const admin::v1::SetAccountEnabledRequest* request,
                                          admin::v1::SetAccountEnabledResponse*) {
  std::lock_guard lock(mutex_);
  accounts_[request->account_id()].set_enabled(request->enabled());
  return grpc::Status::OK;
}

grpc::Status FakeRules::Finger(grpc::ServerContext*, const rules::v1::FingerRequest* request,
                               rules::v1::FingerResponse* response) {
  const auto found = fingers.find(absl::AsciiStrToLower(request->user()));
  if (found == fingers.end()) return {grpc::StatusCode::NOT_FOUND, "no such user"};
  response->set_text(found->second + (request->wide() ? "And more.\n" : ""));
  return grpc::Status::OK;
}

grpc::Status FakeRules::Evaluate(grpc::ServerContext*, const rules::v1::EvaluateRequest* request,
                                 rules::v1::EvaluateResponse* response) {
  std::lock_guard lock(mutex_);
  last_ = *request;
  response->set_verdict(reject_.empty() ? rules::v1::VERDICT_KEEP : rules::v1::VERDICT_REJECT);
  response->set_reason(reject_);
  return grpc::Status::OK;
}
void FakeRules::Reject(std::string reason) {
  std::lock_guard lock(mutex_);
  reject_ = std::move(reason);
}
rules::v1::EvaluateRequest FakeRules::last() {
  std::lock_guard lock(mutex_);
  return last_;
}

namespace {
std::string QueueIdOf(const std::string& key) { return absl::StrCat("q-", key.substr(0, 8)); }
std::string MessageIdOf(const std::string& key) {
  return absl::StrCat(key.substr(0, 8), "@postern.example");
}
}  // namespace

bool FakeSender::IsCancelled(const std::string& key) const {
  return std::find(cancelled_.begin(), cancelled_.end(), key) != cancelled_.end();
}
grpc::Status FakeSender::ListWaiting(grpc::ServerContext*,
                                     const sender::v1::ListWaitingRequest* request,
                                     sender::v1::ListWaitingResponse* response) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  for (const auto& one : taken_) {
    if (one.owner() != request->owner() || IsCancelled(one.idempotency_key())) continue;
    sender::v1::QueuedMail& mail = *response->add_mails();
    mail.set_queue_id(QueueIdOf(one.idempotency_key()));
    mail.set_message_id(MessageIdOf(one.idempotency_key()));
    mail.set_owner(one.owner());
    mail.set_account_id(one.account_id());
    mail.set_state(sender::v1::QUEUE_STATE_WAITING);
    mail.set_next_attempt_unix(one.send_at_unix());
    for (const auto& to : one.draft().to()) {
      mail.add_pending_recipients(absl::StrCat(to.local_part(), "@", to.domain()));
    }
  }
  return grpc::Status::OK;
}
grpc::Status FakeSender::Submit(grpc::ServerContext*, const sender::v1::SubmitRequest* request,
                                sender::v1::SubmitResponse* response) {
  std::unique_lock lock(mutex_);
  ++calls_;
  released_.wait_for(lock, seconds(5), [this] { return !held_; });
  if (!failure_.ok()) return failure_;
  for (const auto& one : taken_) {
    if (one.idempotency_key() == request->idempotency_key()) response->set_duplicate(true);
  }
  if (!response->duplicate()) taken_.push_back(*request);
  response->set_queue_id(QueueIdOf(request->idempotency_key()));
  response->set_message_id(MessageIdOf(request->idempotency_key()));
  const int64_t now = absl::ToUnixMillis(absl::Now());
  response->set_due_unix_ms(std::max(now + wait_, request->send_at_unix() * 1000));
  return grpc::Status::OK;
}
grpc::Status FakeSender::CancelQueued(grpc::ServerContext*,
                                      const sender::v1::CancelQueuedRequest* request,
                                      sender::v1::CancelQueuedResponse*) {
  const std::lock_guard lock(mutex_);
  if (!cancelling_.ok()) return cancelling_;
  for (const auto& one : taken_) {
    const std::string& key = one.idempotency_key();
    const bool meant = request->queue_id().empty() ? key == request->idempotency_key()
                                                   : QueueIdOf(key) == request->queue_id();
    if (IsCancelled(key) || !meant || one.owner() != request->owner()) continue;
    cancelled_.push_back(key);
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::NOT_FOUND, "no such mail"};
}
void FakeSender::SetCancelling(grpc::Status status) {
  const std::lock_guard lock(mutex_);
  cancelling_ = std::move(status);
}
std::vector<std::string> FakeSender::cancelled() {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}
void FakeSender::SetWait(int64_t milliseconds) {
  const std::lock_guard lock(mutex_);
  wait_ = milliseconds;
}
grpc::Status FakeSender::TryAccount(grpc::ServerContext*,
                                    const sender::v1::TryAccountRequest* request,
                                    sender::v1::TryAccountResponse* response) {
  const std::lock_guard lock(mutex_);
  tried_.push_back(*request);
  *response = trial_;
  return failure_;
}
grpc::Status FakeSender::HoldPassword(grpc::ServerContext*,
                                      const sender::v1::HoldPasswordRequest* request,
                                      sender::v1::HoldPasswordResponse*) {
  const std::lock_guard lock(mutex_);
  passwords_[request->account_id()] = request->password();
  return failure_;
}
grpc::Status FakeSender::RetainPasswords(grpc::ServerContext*,
                                         const sender::v1::RetainPasswordsRequest*,
                                         sender::v1::RetainPasswordsResponse*) {
  return grpc::Status::OK;
}
void FakeSender::SetTrial(sender::v1::TryAccountResponse trial) {
  const std::lock_guard lock(mutex_);
  trial_ = std::move(trial);
}
std::vector<sender::v1::TryAccountRequest> FakeSender::tried() {
  const std::lock_guard lock(mutex_);
  return tried_;
}
std::map<std::string, std::string> FakeSender::held() {
  const std::lock_guard lock(mutex_);
  return passwords_;
}
void FakeSender::FailWith(grpc::Status status) {
  std::lock_guard lock(mutex_);
  failure_ = status;
}
void FakeSender::Hold(bool held) {
  std::lock_guard lock(mutex_);
  held_ = held;
  released_.notify_all();
}
std::vector<sender::v1::SubmitRequest> FakeSender::taken() {
  std::lock_guard lock(mutex_);
  return taken_;
}
size_t FakeSender::calls() {
  std::lock_guard lock(mutex_);
  return calls_;
}

net::Task<absl::Status> FakeSink::Send(Element stanza) {
  if (!up) co_return absl::UnavailableError("link down");
  sent.push_back(std::move(stanza));
  co_return absl::OkStatus();
}
net::Task<absl::Status> FakeSink::Barrier() {
  if (at_barrier) at_barrier();
  co_return up&& barrier_works ? absl::OkStatus() : absl::UnavailableError("link down");
}

grpc::Status FakeAdmin::GetSite(grpc::ServerContext*, const admin::v1::GetSiteRequest*,
                                admin::v1::GetSiteResponse* response) {
  const std::lock_guard lock(mutex_);
  *response = site_;
  return grpc::Status::OK;
}

grpc::Status FakeAdmin::BeginConsent(grpc::ServerContext*, const admin::v1::BeginConsentRequest*,
                                     admin::v1::BeginConsentResponse* response) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  response->set_provider("Ours");
  response->set_url(absl::StrCat("https://id.example/", ++consents_));
  response->set_device_url("https://id.example/device");
  response->set_user_code("AB-CD");
  return grpc::Status::OK;
}

int FakeAdmin::consents() {
  const std::lock_guard lock(mutex_);
  return consents_;
}

grpc::Status FakeAdmin::SetPreferences(grpc::ServerContext*,
                                       const admin::v1::SetPreferencesRequest* request,
                                       admin::v1::SetPreferencesResponse*) {
  const std::lock_guard lock(mutex_);
  preferences_.push_back(*request);
  return failure_;
}

grpc::Status FakeAdmin::SetWatching(grpc::ServerContext*,
                                    const admin::v1::SetWatchingRequest* request,
                                    admin::v1::SetWatchingResponse* response) {
  const std::lock_guard lock(mutex_);
  watchings_.push_back(*request);
  const auto found = accounts_.find(request->account_id());
  if (found == accounts_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no account");
  if (!failure_.ok()) return failure_;
  *found->second.mutable_watching() = request->watching();
  *response->mutable_account() = found->second;
  return grpc::Status::OK;
}

std::vector<admin::v1::SetWatchingRequest> FakeAdmin::watchings() {
  const std::lock_guard lock(mutex_);
  return watchings_;
}

grpc::Status FakeAdmin::SetSending(grpc::ServerContext*,
                                   const admin::v1::SetSendingRequest* request,
                                   admin::v1::SetSendingResponse* response) {
  const std::lock_guard lock(mutex_);
  sendings_.push_back(*request);
  const auto found = accounts_.find(request->account_id());
  if (found == accounts_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no account");
  if (!failure_.ok()) return failure_;
  *found->second.mutable_sending() = request->sending();
  *response->mutable_account() = found->second;
  return grpc::Status::OK;
}

std::vector<admin::v1::SetSendingRequest> FakeAdmin::sendings() {
  const std::lock_guard lock(mutex_);
  return sendings_;
}

void FakeAdmin::SetSite(admin::v1::GetSiteResponse site) {
  const std::lock_guard lock(mutex_);
  site_ = std::move(site);
}

std::vector<admin::v1::SetPreferencesRequest> FakeAdmin::preferences() {
  const std::lock_guard lock(mutex_);
  return preferences_;
}

FeatureBench::FeatureBench() {
  grpc::ServerBuilder builder;
  builder.RegisterService(&admin);
  builder.RegisterService(&rules);
  builder.RegisterService(&sender);
  builder.RegisterService(&fetcher);
  server_ = builder.BuildAndStart();
  auto channel = server_->InProcessChannel({});
  admin_stub_ = admin::v1::AdminService::NewStub(channel);
  rules_stub_ = rules::v1::RulesService::NewStub(channel);
  sender_stub_ = sender::v1::SenderService::NewStub(channel);
  fetcher_stub_ = postern::fetcher::v1::FetcherService::NewStub(channel);
  auto client = store::RedisClient::Create(io.get_executor(), redis_server.url());
  EXPECT_TRUE(client.ok()) << client.status();
  redis = *std::move(client);
  threads = std::make_unique<ThreadStore>(*redis);
}

FeatureBench::~FeatureBench() {
  if (tasks_ != nullptr) testing::Await(io, tasks_->Stop());
  admin.Stop();
  server_->Shutdown(std::chrono::system_clock::now() + seconds(1));
  io.poll();
}

void FeatureBench::Install() {
  sessions_ = std::make_unique<PresenceSessions>(*redis);
  directory_ = std::make_unique<AccountDirectory>(*admin_stub_);
  given_ = std::make_unique<GivenPasswords>(*sessions_, *directory_);
  failed_trials_ = std::make_unique<FailedTrials>(*directory_);
  interpreter_ = std::make_unique<Interpreter>("en", *directory_);
  site_ = std::make_unique<SiteSettings>(*admin_stub_);
  tasks_ = std::make_unique<net::TaskGroup>(io.get_executor());
  router_ = std::make_unique<StanzaRouter>(kDomain, sink, *tasks_, *interpreter_);
  InstallFeatures(*router_, context());
  tasks_->Spawn("follow accounts", directory_->Follow());
  tasks_->Spawn("site settings", site_->Follow());
  ASSERT_TRUE(RunUntil([this] { return directory_->ready(); }));
}

FeatureContext FeatureBench::context() {
  return {kDomain,           sink,          *directory_,    *interpreter_,   *site_,
          *threads,          *sessions_,    *given_,        *failed_trials_, *admin_stub_,
          *rules_stub_,      *sender_stub_, *fetcher_stub_, *redis,          *tasks_,
          io.get_executor(), contacts,      files,          most_file_bytes, managesieve};
}

void FeatureBench::Restart() {
  testing::Await(io, tasks_->Stop());
  router_.reset();
  Install();
}

void FeatureBench::Route(Element stanza) { router_->Route(std::move(stanza)); }

Element FeatureBench::Ask(Element stanza) {
  const std::string id(stanza.Attr("id"));
  const size_t before = sink.sent.size();
  const Element* answer = nullptr;
  Route(std::move(stanza));
  EXPECT_TRUE(RunUntil([&] {
    for (size_t i = before; i < sink.sent.size(); ++i) {
      if (sink.sent[i].Attr("id") == id) answer = &sink.sent[i];
    }
    return answer != nullptr;
  })) << "no answer to "
      << id;
  return answer == nullptr ? Element() : *answer;
}

Element FeatureBench::AskIq(const std::string& type, const std::string& from, const std::string& to,
                            Element payload) {
  Element iq = MakeStanza("iq", from, to, type, absl::StrCat("iq", ++next_id_));
  iq.Add(std::move(payload));
  return Ask(std::move(iq));
}

void FeatureBench::Write(const std::string& from, const std::string& to, const std::string& id,
                         const std::string& body) {
  Element message = MakeStanza("message", from, to, "chat", id);
  message.AddText("body", body);
  Route(std::move(message));
}

bool FeatureBench::RunUntil(const std::function<bool()>& done) {
  const auto give_up = std::chrono::steady_clock::now() + seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    io.restart();
    io.run_one_for(milliseconds(50));
  }
  return true;
}

void FeatureBench::Settle() {
  io.restart();
  while (io.run_one_for(milliseconds(100)) > 0) {
  }
}

void FeatureBench::LetRead(const std::string& user) {
  const std::string key = "postern:session:removal:{" + user + "}";
  std::vector<std::string> command = {"GET", key};
  auto mark = testing::Await(io, redis->Command(command));
  ASSERT_TRUE(mark.ok());
  std::vector<std::string> lines = absl::StrSplit(mark->text, absl::MaxSplits('\n', 2));
  ASSERT_EQ(lines.size(), 3u);
  command = {"SET", key, lines[0] + "\n1\n" + lines[2], "KEEPTTL"};
  ASSERT_TRUE(testing::Await(io, redis->Command(command)).ok());
}

const Element* FeatureBench::SentWith(const std::string& text) const {
  for (auto stanza = sink.sent.rbegin(); stanza != sink.sent.rend(); ++stanza) {
    if (absl::StrContains(ToXml(*stanza), text)) return &*stanza;
  }
  return nullptr;
}

admin::v1::Account ImapAccount(const std::string& owner, const std::string& name) {
  admin::v1::Account account;
  account.set_owner(owner);
  account.set_name(name);
  account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  account.set_enabled(true);
  account.set_host("imap.example.org");
  account.set_port(993);
  account.set_security(admin::v1::SECURITY_TLS);
  account.set_login("ann");
  account.set_store_password(true);
  account.set_sealed_password("sealed");
  account.set_store_password(true);
  account.set_mailbox("INBOX");
  account.set_interval_minutes(5);
  return account;
}

admin::v1::Account SmtpAccount(const std::string& owner, const std::string& name) {
  admin::v1::Account account = ImapAccount(owner, name);
  account.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
  account.set_port(465);
  account.set_default_from(absl::StrCat(name, "@example.org"));
  return account;
}

Element QueryOf(absl::string_view ns, const std::string& node) {
  Element query = MakeElement("query", ns);
  if (!node.empty()) query.Set("node", node);
  return query;
}

Element FilledForm(const std::map<std::string, std::string>& fields) {
  Element form = MakeElement("x", kDataFormNs);
  form.Set("type", "submit");
  for (const auto& [var, value] : fields) {
    Element field = MakeElement("field");
    field.Set("var", var).AddText("value", value);
    form.Add(std::move(field));
  }
  Element query = MakeElement("query", "jabber:iq:register");
  query.Add(std::move(form));
  return query;
}

std::set<std::string> AttrsOf(const Element& answer, const char* child, const char* attr) {
  std::set<std::string> values;
  if (answer.children.empty()) return values;
  for (const Element& one : answer.children.front().children) {
    if (one.name == child) values.insert(std::string(one.Attr(attr)));
  }
  return values;
}

std::string ConditionOf(const Element& stanza) {
  const Element* error = stanza.Child("error");
  if (error == nullptr) return "";
  for (const Element& child : error->children) {
    if (child.name != "text") return child.name;
  }
  return "";
}

std::string ErrorTextOf(const Element& stanza) {
  const Element* error = stanza.Child("error");
  return error == nullptr ? "" : error->ChildText("text");
}

}  // namespace postern::xmpp_edge
