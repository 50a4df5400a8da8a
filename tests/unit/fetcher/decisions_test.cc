// The pure decisions of the fetcher, in tables.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/fetcher/account.h"
#include "services/fetcher/mail_outline.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/progress.h"
#include "services/fetcher/reconnect_policy.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(MailboxSync, RecognisesAMailbox) {
  const Cursor cursor{7, 100, "work"};
  EXPECT_EQ(Recognise(std::nullopt, "work", 7), Sight::kFirst);
  EXPECT_EQ(Recognise(cursor, "work", 7), Sight::kAgain);
  EXPECT_EQ(Recognise(cursor, "work", 8), Sight::kReplaced);
  EXPECT_EQ(Recognise(cursor, "home", 7), Sight::kFirst) << "every INBOX of Gmail is of 1";
}

TEST(MailboxSync, TellsMailboxesApart) {
  const std::string mailbox = MailboxIdentity("imap.example.org", "ann", "INBOX");
  EXPECT_EQ(MailboxIdentity("IMAP.Example.org", "ann", "inbox"), mailbox);
  EXPECT_NE(MailboxIdentity("imap.example.net", "ann", "INBOX"), mailbox);
  EXPECT_NE(MailboxIdentity("imap.example.org", "bob", "INBOX"), mailbox);
  EXPECT_NE(MailboxIdentity("imap.example.org", "Ann", "INBOX"), mailbox);
  EXPECT_NE(MailboxIdentity("imap.example.org", "ann", "Work"), mailbox);
  EXPECT_NE(MailboxIdentity("imap.example.org", "ann", "work"),
            MailboxIdentity("imap.example.org", "ann", "Work"));
}

TEST(MailboxSync, KeepsTheOldestMailsAboveTheCursor) {
  struct {
    const char* name;
    uint32_t last_uid;
    size_t limit;
    std::vector<uint32_t> said;
    std::vector<uint32_t> kept;
    bool more;
  } const cases[] = {
      {"none", 8, 3, {}, {}, false},
      {"the last message, old", 8, 3, {8}, {}, false},
      {"a lie below", 8, 3, {1, 9, 0}, {9}, false},
      {"out of order and twice", 8, 3, {11, 9, 11, 10, 9}, {9, 10, 11}, false},
      {"more than the limit", 0, 3, {9, 8, 7, 6, 5, 4, 3, 2, 1}, {1, 2, 3}, true},
      {"the end of all UIDs", 4294967294, 3, {4294967295}, {4294967295}, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    NewMails found(c.last_uid, c.limit);
    for (uint32_t uid : c.said) {
      MailFacts facts;
      facts.uid = uid;
      found.Add(facts);
    }
    std::vector<uint32_t> kept;
    for (const MailFacts& facts : found.Take()) kept.push_back(facts.uid);
    EXPECT_EQ(kept, c.kept);
    EXPECT_EQ(found.more(), c.more);
  }
}

TEST(MailboxSync, DeliveryIdNamesAMailForEver) {
  const Cursor cursor{7, 8, "work"}, renumbered{8, 8, "work"}, elsewhere{7, 8, "home"};
  EXPECT_EQ(DeliveryId("acc", cursor, 9), crypto::Sha256Hex("acc\nwork\n7\n9").substr(0, 32));
  EXPECT_NE(DeliveryId("acc", cursor, 9), DeliveryId("acc", renumbered, 9));
  EXPECT_NE(DeliveryId("acc", cursor, 9), DeliveryId("acc", elsewhere, 9));
}

TEST(Presence, DecidesWhatBecomesOfAMail) {
  Account account;
  account.actions.online = Action::kFull;
  account.actions.away = Action::kDigest;
  account.actions.dnd = Action::kNothing;
  account.actions.offline = Action::kDigest;
  constexpr int64_t kSince = 1000;  // available since second 1000
  struct {
    const char* name;
    bool known;
    Show show;
    bool live_only;
    int64_t received;
    Disposition disposition;
  } const cases[] = {
      {"nobody has told yet", false, Show::kOnline, false, 2000, Disposition::kWait},
      {"online", true, Show::kOnline, false, 500, Disposition::kDeliver},
      {"away", true, Show::kAway, false, 500, Disposition::kDigest},
      {"dnd", true, Show::kDnd, false, 500, Disposition::kWait},
      {"offline", true, Show::kOffline, false, 500, Disposition::kDigest},
      {"live, before", true, Show::kOnline, true, 999, Disposition::kPassOver},
      {"live, in the same second", true, Show::kOnline, true, 1000, Disposition::kDeliver},
      {"live, after", true, Show::kAway, true, 1001, Disposition::kDigest},
      {"live, before, busy now", true, Show::kDnd, true, 999, Disposition::kPassOver},
      {"live, offline", true, Show::kOffline, true, 2000, Disposition::kWait},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    account.live_email_only = c.live_only;
    Availability availability;
    availability.known = c.known;
    availability.show = c.show;
    availability.since_unix_ms = kSince * 1000 + 500;
    EXPECT_EQ(Decide(account, availability, c.received, 3000), c.disposition);
  }
}

TEST(Digest, IsDueAnIntervalAfterItsFirstMail) {
  Account account;
  account.interval_seconds = 300;
  EXPECT_EQ(DigestDue(account, 1000, 1010), 1300);
  EXPECT_EQ(DigestDue(account, 1000, 5000), 1300);
  EXPECT_EQ(DigestDue(account, 9000, 1010), 1310) << "a server's clock may be ahead";
}

TEST(Digest, WaitingMailIsReleasedWhenItNeedWaitNoMore) {
  Account account;
  account.actions.away = Action::kNothing;
  account.actions.xa = Action::kDigest;
  account.actions.offline = Action::kDigest;
  account.interval_seconds = 300;
  constexpr int64_t kNow = 10'000;
  const std::optional<int64_t> nothing, fresh = kNow - 10, old = kNow - 400;
  struct {
    const char* name;
    Show before, now;
    bool live_only;
    std::optional<int64_t> waiting_since;
    bool released;
  } const cases[] = {
      {"no change", Show::kOnline, Show::kOnline, false, old, false},
      {"back", Show::kAway, Show::kOnline, false, fresh, true},
      {"back, nothing was seen to wait", Show::kAway, Show::kOnline, false, nothing, true},
      {"back from the digest", Show::kXa, Show::kOnline, false, nothing, true},
      {"it came all the time", Show::kOnline, Show::kChat, false, nothing, false},
      {"held by the edge", Show::kOnline, Show::kChat, false, fresh, true},
      {"leaves", Show::kOnline, Show::kAway, false, old, false},
      {"to a digest that is due", Show::kAway, Show::kXa, false, old, true},
      {"to a digest not due yet", Show::kAway, Show::kXa, false, fresh, false},
      {"to a digest of nothing", Show::kAway, Show::kXa, false, nothing, false},
      {"live only, comes", Show::kOffline, Show::kOnline, true, old, true},
      {"live only, leaves", Show::kOnline, Show::kOffline, true, old, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    account.live_email_only = c.live_only;
    Availability before, now;
    before.known = now.known = true;
    before.show = c.before;
    now.show = c.now;
    before.since_unix_ms = now.since_unix_ms = (kNow - 100) * 1000;
    EXPECT_EQ(Releases(account, before, now, c.waiting_since, kNow), c.released);
  }
  Availability unknown, known;
  known.known = true;
  known.show = Show::kOnline;
  EXPECT_TRUE(Releases(account, unknown, known, old, kNow)) << "the edge has just told";
}

TEST(Progress, ReadsATroubledMailWithLessEachTime) {
  Progress progress;
  EXPECT_EQ(progress.DepthFor("m9"), Depth::kAll);
  for (int i = 0; i < 3; ++i) progress.NoteUnread("m9", absl::UnavailableError("gone"));
  EXPECT_EQ(progress.DepthFor("m9"), Depth::kHeader);
  EXPECT_EQ(progress.DepthFor("m10"), Depth::kAll);
  progress.NoteUnread("m9", absl::DataLossError("nonsense"));
  EXPECT_EQ(progress.DepthFor("m9"), Depth::kNothing);
  progress.NoteUnread("m10", absl::DataLossError("nonsense"));
  EXPECT_EQ(progress.DepthFor("m10"), Depth::kHeader);
}

TEST(Progress, HoldsNothingAgainstAMailThatOurOwnServicesCantTakeNow) {
  using Code = absl::StatusCode;
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<Code>(code), "no");
    SCOPED_TRACE(status.ToString());
    Progress progress;
    for (int i = 0; i < 10; ++i) progress.NoteRefused("m9", status);
    const bool its_fault = status.code() == Code::kInvalidArgument ||
                           status.code() == Code::kResourceExhausted ||
                           status.code() == Code::kDataLoss;
    EXPECT_EQ(progress.DepthFor("m9"), its_fault ? Depth::kNothing : Depth::kAll);
  }
}

TEST(ReconnectPolicy, LooksAtAnIntervalThatWavers) {
  ReconnectPolicy policy;
  milliseconds shortest = minutes(60), longest{0};
  for (int i = 0; i < 200; ++i) {
    const milliseconds pause = policy.AfterLook(minutes(5));
    shortest = std::min(shortest, pause);
    longest = std::max(longest, pause);
  }
  EXPECT_GE(shortest, seconds(270));
  EXPECT_LE(longest, seconds(330));
  EXPECT_GE(longest - shortest, seconds(20));
  EXPECT_GE(policy.AfterLook(seconds(1)), seconds(30));
}

TEST(ReconnectPolicy, AllowsAFewLooksInARowAndThenSpreadsThem) {
  using Time = std::chrono::steady_clock::time_point;
  const Time start = Time() + minutes(100);
  ReconnectPolicy policy;
  EXPECT_EQ(policy.EarliestLook(seconds(0), 3), Time());
  policy.NoteLook(start);
  EXPECT_EQ(policy.EarliestLook(seconds(0), 3), start + seconds(2));
  EXPECT_EQ(policy.EarliestLook(seconds(900), 3), start + seconds(900)) << "LOGIN-DELAY";
  policy.NoteLook(start + seconds(5));
  EXPECT_EQ(policy.EarliestLook(seconds(0), 3), start + seconds(7));
  policy.NoteLook(start + seconds(10));
  EXPECT_EQ(policy.EarliestLook(seconds(0), 3), start + seconds(90));
  EXPECT_EQ(policy.EarliestLook(seconds(0), 1), start + seconds(12));
  policy.NoteLook(start + seconds(90));
  EXPECT_EQ(policy.EarliestLook(seconds(0), 3), start + seconds(95));
}

TEST(ReconnectPolicy, BacksOffAndNeverHammersALogin) {
  ReconnectPolicy policy;
  milliseconds longest{0};
  for (int i = 0; i < 20; ++i) {
    longest = std::max(longest, policy.AfterFailure(absl::UnavailableError("refused")));
  }
  EXPECT_GE(longest, minutes(2));
  EXPECT_LE(longest, ReconnectPolicy::kLongest);
  EXPECT_GE(policy.AfterFailure(absl::UnauthenticatedError("no")), minutes(7));

  ReconnectPolicy dropping;
  EXPECT_GE(dropping.AfterSession(seconds(0)), seconds(30));
  EXPECT_GE(dropping.AfterSession(seconds(10)), seconds(20));
  EXPECT_LE(dropping.AfterSession(minutes(6)), seconds(1));
  EXPECT_LE(dropping.AfterFailure(absl::UnavailableError("refused")), seconds(2));
}

imap::BodyPart Leaf(std::string section, std::string type, std::string subtype) {
  imap::BodyPart part;
  part.section = std::move(section);
  part.type = std::move(type);
  part.subtype = std::move(subtype);
  part.encoding = "7bit";
  return part;
}

TEST(MailOutline, ReadsALargeMailFromItsStructure) {
  imap::BodyPart film = Leaf("2", "video", "mp4");
  film.encoding = "base64";
  film.octets = 7'800'000;
  film.disposition = "attachment";
  film.disposition_parameters = {{"filename", "a \"film\"\r\nX-Injected: yes.mp4"}};
  imap::BodyPart letter = Leaf("3", "message", "rfc822");
  letter.subject = "=?utf-8?q?Caf=C3=A9?=";
  letter.octets = 100;
  imap::BodyPart text = Leaf("1", "text", "plain");
  text.octets = 100;
  imap::BodyPart root;
  root.type = "multipart";
  root.subtype = "mixed";
  root.parts = {text, film, letter};

  EXPECT_EQ(TextSections(root), std::vector<std::string>{"1"});
  const std::string header =
      "Subject: Films\r\nContent-Type: multipart/mixed;\r\n boundary=x\r\nTo: a@b.example\r\n\r\n";
  const mail::Mail mail = ReadOutline(header, root, {{"1", "=_outline_1. Look!\r\n"}});
  EXPECT_EQ(mail.subject, "Films");
  EXPECT_EQ(mail.text, "=_outline_1. Look!");
  EXPECT_TRUE(mail.text_truncated);
  ASSERT_EQ(mail.attachments.size(), 2u);
  EXPECT_EQ(mail.attachments[0].content_type, "video/mp4");
  EXPECT_EQ(mail.attachments[0].size, 5'700'000u);
  EXPECT_EQ(mail.attachments[1].content_type, "message/rfc822");
  EXPECT_EQ(mail.attachments[1].size, 100u);
  EXPECT_EQ(mail.attachments[1].file_name.substr(0, 5), "Caf\xc3\xa9");
  for (const mail::Header& h : mail.headers) EXPECT_NE(h.name, "X-Injected");
}

TEST(MailOutline, ReadsTheReportOfABounceWithALargeMailInIt) {
  imap::BodyPart original = Leaf("3", "message", "rfc822");
  original.octets = 9'000'000;
  imap::BodyPart root;
  root.type = "multipart";
  root.subtype = "report";
  root.parts = {Leaf("1", "text", "plain"), Leaf("2", "message", "delivery-status"), original};
  EXPECT_EQ(TextSections(root), (std::vector<std::string>{"1", "2", "3"}));
  const mail::Mail mail = ReadOutline(
      "Subject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; "
      "boundary=x\r\n\r\n",
      root,
      {{"1", "Sorry.\r\n"},
       {"2", "A: b\r\n\r\nFinal-Recipient: rfc822;bob@example.net\r\nAction: failed\r\n"},
       {"3", "Message-ID: <1@example.org>\r\n\r\nits beginning"}});
  ASSERT_TRUE(mail.delivery_report);
  EXPECT_EQ(mail.delivery_report->message_id, "1@example.org");
  ASSERT_EQ(mail.delivery_report->recipients.size(), 1u);
  EXPECT_EQ(mail.delivery_report->recipients[0].address, "bob@example.net");
  EXPECT_EQ(mail.text, "Sorry.");
  EXPECT_FALSE(mail.text_truncated) << "the text is whole; the report's parts are no text";
  EXPECT_EQ(mail.attachments.size(), 2u);
}

}  // namespace
}  // namespace postern::fetcher
