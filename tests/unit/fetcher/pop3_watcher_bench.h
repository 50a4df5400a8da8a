#pragma once

#include "tests/unit/fetcher/watcher_bench.h"

// What the story of a watcher with a scripted POP3 server needs.
namespace postern::fetcher {

// --- the pieces of scripts ---------------------------------------------------------

inline const std::string kLogin =
    "S: +OK hi\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS secret\nS: +OK in\n";
inline const std::string kQuit = "C: QUIT\nS: +OK bye\n";

inline std::string List(const std::vector<std::string>& ids) {
  std::string script = absl::StrCat("C: STAT\nS: +OK ", ids.size(), " 100\n");
  if (ids.empty()) return script;
  absl::StrAppend(&script, "C: UIDL\nS: +OK\n");
  for (size_t i = 0; i < ids.size(); ++i) absl::StrAppend(&script, "S: ", i + 1, " ", ids[i], "\n");
  return absl::StrCat(script, "S: .\n");
}

inline std::string Received(int year) {
  return absl::StrCat("S: Received: from a by b; 22 Nov ", year, " 07:00:00 +0000\n");
}

inline std::string Read(int number, const std::string& subject, int year = 2020) {
  return absl::StrCat("C: LIST ", number, "\nS: +OK ", number, " 20\nC: RETR ", number,
                      "\nS: +OK\n", Received(year), "S: Subject: ", subject, "\nS:\nS: .\n");
}

inline std::string Top(int number, int year) {
  return absl::StrCat("C: TOP ", number, " 0\nS: +OK\n", Received(year), "S:\nS: .\n");
}

constexpr int64_t kNewYear2021 = 1609459200;
inline const std::string kMailbox = Pop3MailboxIdentity("pop3.example.org", "ann");

class Pop3WatcherTest : public WatcherTest {
 protected:
  Pop3WatcherTest() {
    account_.type = AccountType::kPop3;
    account_.host = "pop3.example.org";
  }

  void SetKnown(const std::vector<std::string>& ids) {
    KnownMails known;
    known.mailbox = kMailbox;
    known.newest_unix = kNewYear2021;
    for (const std::string& id : ids) known.keys.push_back(UidlKey(kMailbox, id));
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take("acc", kToken - 1));
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(testing::Await(io_, store.SetKnown(*lease, known)).ok());
  }

  size_t CountKnown() {
    CursorStore store(*redis_);
    auto known = testing::Await(io_, store.ReadKnown("acc"));
    return known.ok() && known->has_value() ? (*known)->keys.size() : 0;
  }

  // So many connections were played to their ends.
  bool Visited(size_t count) {
    const bool done = Until([&] { return dialer_->ended.size() == count; });
    EXPECT_TRUE(done) << dialer_->ended.size() << " of " << count << " visits";
    for (const std::string& rest : dialer_->ended) EXPECT_EQ(rest, "");
    return done;
  }

  void HoldPassword() {
    account_.sealed_password.clear();
    passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  }

  // The same, and its user gives a password again: that ends a rest as often as it is done.
  bool VisitedAndGoesOn(size_t count) {
    if (!Visited(count)) return false;
    const bool rests = Until([this] {
      const auto watched = watches_->Watched();
      const std::string state = watched.empty() ? "" : watched.at(0)->State().state;
      return state == "waiting" || state == "polling";
    });
    watches_->PasswordArrived("acc");
    return rests;
  }

  bool IsState(const std::string& state) {
    return Until([&] {
      const auto watched = watches_->Watched();
      return !watched.empty() && watched.at(0)->State().state == state;
    });
  }
};

}  // namespace postern::fetcher
