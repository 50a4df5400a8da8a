#pragma once

#include <memory>
#include <mutex>

#include "services/xmpp-edge/password_desk.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/password_retention.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {

using testing::Await;

inline constexpr char kUser[] = "ann@example.org";
inline constexpr char kWork[] = "work@mail.example.org";
inline constexpr char kOut[] = "out@mail.example.org";
inline constexpr char kId[] = "ann@example.org/work";
inline constexpr char kPassword[] = "s3cret-Pa55word";

// Ann has an account for receiving and one for sending, and neither's password is stored.
class Passwords : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    for (admin::v1::Account account : {ImapAccount(kUser, "work"), SmtpAccount(kUser, "out")}) {
      account.set_store_password(false);
      account.clear_sealed_password();
      account.mutable_health()->set_state(admin::v1::HEALTH_STATE_OK);
      bench.admin.Add(std::move(account));
    }
    bench.admin.Add(ImapAccount(kUser, "kept"));
    bench.Install();
    StartDesk();
  }
  void TearDown() override {
    Await(bench.io, bench.context().tasks.Stop());
    desk.reset();
    retention.reset();
  }

  void StartDesk() {
    desk = std::make_unique<PasswordDesk>(bench.context(), bench.sessions(), [] { return true; });
    retention =
        std::make_unique<PasswordRetention>(bench.context(), bench.sessions(), [] { return true; });
    bench.context().tasks.Spawn("ask", desk->Ask());
    bench.context().tasks.Spawn("retain", retention->TellFetcher());
    bench.context().tasks.Spawn("retain", retention->TellSender());
  }
  void Restart() {
    bench.Restart();
    (void)Await(bench.io, bench.sessions().Load(kUser));
    StartDesk();
  }

  void ComeOnline() {
    auto jid = ParseJid(kAnn);
    (void)Await(bench.io, bench.sessions().SetAvailable(*jid, edge::v1::SHOW_ONLINE));
  }
  void GoOffline() {
    auto jid = ParseJid(kAnn);
    Await(bench.io, bench.sessions().SetUnavailable(*jid));
  }
  void Health(const std::string& name, admin::v1::HealthState state,
              const std::string& error = "") {
    admin::v1::Account account = *bench.context().directory.Find(kUser, name);
    account.mutable_health()->set_state(state);
    account.mutable_health()->set_error(error);
    account.mutable_health()->set_changed_unix(++clock_);
    bench.context().directory.Apply(std::move(account));
  }
  // How often the user was asked by a contact.
  int Requests(const std::string& contact = kWork) const {
    int requests = 0;
    for (const Element& stanza : bench.sink.sent) {
      if (stanza.Attr("from") == contact && IsPasswordRequest(stanza.Attr("id"))) ++requests;
    }
    return requests;
  }
  PasswordMark Mark() { return *Await(bench.io, PasswordMarks(*bench.redis).Get(kUser, kId)); }
  // Asked some time ago: the user has read it.
  void BeAsked(const std::string& name = "work") {
    ComeOnline();
    Health(name, admin::v1::HEALTH_STATE_ASKING);
    const std::string id = absl::StrCat(kUser, "/", name);
    PasswordMarks marks(*bench.redis);
    ASSERT_TRUE(bench.RunUntil([&] {
      return Await(bench.io, marks.Get(kUser, id))->state == PasswordMark::State::kAsked;
    }));
    PasswordMark mark = *Await(bench.io, marks.Get(kUser, id));
    mark.at_unix -= 60;
    ASSERT_TRUE(Await(bench.io, marks.Put(kUser, id, mark)).ok());
  }
  std::string Held() {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.held.contains(kId) ? bench.fetcher.held.at(kId) : "";
  }
  bool WaitFor(const std::string& text) {
    return bench.RunUntil([&] { return bench.SentWith(text) != nullptr; });
  }
  std::string RequestId() const {
    for (const Element& stanza : bench.sink.sent) {
      if (IsPasswordRequest(stanza.Attr("id"))) return std::string(stanza.Attr("id"));
    }
    return "";
  }
  // A mail from Bob that a message without a head would answer.
  void GetMailFromBob() {
    MailThread thread;
    thread.account_id = kId;
    thread.contact = kWork;
    thread.message_id = "m1@example.net";
    thread.answer_to = {*mail::ParseAddress("bob@example.net")};
    thread.at_unix = 1700000000;
    ASSERT_TRUE(Await(bench.io, bench.threads->Remember(kUser, "mail-1", thread)).ok());
  }
  // Everything that Redis has, in one text.
  std::string WholeRedis() {
    std::string all;
    const auto keys = Await(bench.io, bench.redis->Command({"KEYS", "*"}));
    for (const auto& key : keys->items) {
      const std::string type = Await(bench.io, bench.redis->Command({"TYPE", key.text}))->text;
      std::vector<std::string> read = {"GET", key.text};
      if (type == "hash") read = {"HGETALL", key.text};
      if (type == "zset") read = {"ZRANGE", key.text, "0", "-1"};
      if (type == "list") read = {"LRANGE", key.text, "0", "-1"};
      if (type == "set") read = {"SMEMBERS", key.text};
      if (type == "stream") read = {"XRANGE", key.text, "-", "+"};
      auto reply = Await(bench.io, bench.redis->Command(std::move(read)));
      EXPECT_TRUE(reply.ok()) << type;
      absl::StrAppend(&all, key.text, "\n", reply->text, "\n");
      for (const auto& item : reply->items) absl::StrAppend(&all, item.text, "\n");
    }
    return all;
  }

  // Long after whatever was asked.
  void Age(const PasswordMark& of, int64_t seconds = 9000) {
    PasswordMark mark = of;
    mark.at_unix -= seconds;
    ASSERT_TRUE(Await(bench.io, PasswordMarks(*bench.redis).Put(kUser, kId, mark)).ok());
  }
  // The account works with the password that was given; that was long ago.
  void GetWell() {
    Health("work", admin::v1::HEALTH_STATE_OK);
    ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
    Age(Mark());
  }
  // What was written is refused, and no mail.
  void ExpectRefused(const std::string& id, const std::string& why) {
    ASSERT_TRUE(WaitFor(absl::StrCat("\"", id, "\"")));
    EXPECT_EQ(ErrorTextOf(*bench.SentWith(absl::StrCat("\"", id, "\""))).find(why), 0u)
        << ErrorTextOf(*bench.SentWith(absl::StrCat("\"", id, "\"")));
    bench.Settle();
    EXPECT_EQ(bench.sender.calls(), 0u);
  }

  std::unique_ptr<PasswordDesk> desk;
  std::unique_ptr<PasswordRetention> retention;
  int64_t clock_ = 1700000000;
};

}  // namespace postern::xmpp_edge
