#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "services/xmpp-edge/features/motd.h"
#include "services/xmpp-edge/features/presence.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {

using std::chrono::milliseconds;
using testing::Await;

// The presence half of the edge over a real Redis and a fake admin.
struct PresenceTest : ::testing::Test {
  PresenceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin);
    server = builder.BuildAndStart();
    stub = admin::v1::AdminService::NewStub(server->InProcessChannel({}));
  }
  ~PresenceTest() override {
    if (process) Kill();  // what still waits refers to parts of it
    admin.Stop();
    server->Shutdown();
  }

  // A process of the edge; destroyed, it is as if killed.
  struct Process {
    explicit Process(PresenceTest& t)
        : redis(*store::RedisClient::Create(t.io.get_executor(), t.redis_server.url())),
          tasks(t.io.get_executor()),
          directory(*t.stub),
          interpreter("en", directory),
          site(*t.stub, milliseconds(20)),
          threads(*redis),
          sessions(*redis, t.offline_after),
          given(sessions, directory),
          failed_trials(directory),
          contacts(*redis),
          context{"gw.example",  t.sink,  directory,   interpreter,
                  site,          threads, sessions,    given,
                  failed_trials, *t.stub, *t.no_rules, *t.no_sender,
                  *t.no_fetcher, *redis,  tasks,       t.io.get_executor()},
          feature(context, sessions, contacts, t.patience),
          motd(context),
          router("gw.example", t.sink, tasks, interpreter) {
      router.OnPresence([this](Incoming i) { return feature.Handle(std::move(i)); });
      router.OnPresenceLost([this](const std::string& user) { feature.Missed(user); });
      feature.Listen([this](const std::string& user) { motd.Arrived(user); });
      site.Listen([this] { motd.SiteChanged(); });
      tasks.Spawn("directory", directory.Follow());
      tasks.Spawn("site", site.Follow());
      tasks.Spawn("contacts", feature.KeepContacts());
      tasks.Spawn("sessions", feature.KeepSessions());
      tasks.Spawn("leaves", sessions.KeepUp());
      tasks.Spawn("motd", motd.Tell());
    }
    std::unique_ptr<store::RedisClient> redis;
    net::TaskGroup tasks;
    AccountDirectory directory;
    Interpreter interpreter;
    SiteSettings site;
    ThreadStore threads;
    PresenceSessions sessions;
    GivenPasswords given;
    FailedTrials failed_trials;
    PresenceContacts contacts;
    FeatureContext context;
    PresenceFeature feature;
    Motd motd;
    StanzaRouter router;
  };

  net::Task<void> UntilQuiet() {
    size_t before = 0;
    for (int quiet = 0; quiet < 8; ++quiet) {
      if (sink.sent.size() != before) quiet = 0;
      before = sink.sent.size();
      co_await net::Sleep(milliseconds(20));
    }
  }
  std::string Said() {
    Await(io, UntilQuiet());
    return sink.Take();
  }
  void Start() {
    process = std::make_unique<Process>(*this);
    while (!process->feature.ready()) Await(io, net::Sleep(milliseconds(20)));
  }
  void Kill() {
    Await(io, StopTasks());
    process.reset();
  }
  net::Task<void> StopTasks() {
    admin.Stop();
    co_await process->tasks.Stop();
  }
  void From(const std::string& from, const std::string& to, const std::string& type,
            const std::string& show = "") {
    Element presence = MakeStanza("presence", from, to, type);
    if (!show.empty()) presence.AddText("show", show);
    process->router.Route(presence);
  }

  edge::v1::Show BobsShow() {
    Await(io, net::Sleep(milliseconds(50)));
    return process->sessions.ShowOf("bob@a.example");
  }

  net::Duration offline_after{};  // at once
  net::Duration patience = std::chrono::seconds(20);
  boost::asio::io_context io;
  testing::RedisServer redis_server;
  FakeAdmin admin;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<admin::v1::AdminService::StubInterface> stub;
  std::unique_ptr<rules::v1::RulesService::StubInterface> no_rules =
      rules::v1::RulesService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  std::unique_ptr<sender::v1::SenderService::StubInterface> no_sender =
      sender::v1::SenderService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  std::unique_ptr<fetcher::v1::FetcherService::StubInterface> no_fetcher =
      fetcher::v1::FetcherService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  testing::RecordingSink sink;
  std::unique_ptr<Process> process;
};

inline constexpr char kBobJid[] = "bob@a.example";

inline admin::v1::Account BobsAccount(const std::string& name) {
  admin::v1::Account account = ImapAccount(kBobJid, name);
  account.set_id(std::string(kBobJid) + "/" + name);
  account.set_enabled(true);
  return account;
}

}  // namespace postern::xmpp_edge
