// A full Redis, an older Postern's queue, servers that promise too little: from the whole sender's
// outside.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/unit/sender/old_queue.h"
#include "tests/unit/sender/sender_fixture.h"

namespace postern::sender {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SenderTroubleTest : public SenderTest {
 protected:
  void Do(std::vector<std::string> command) {
    auto reply = testing::Await(io_, client_->Command(std::move(command)));
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
};

TEST_F(SenderTroubleTest, AMailThatMayTravelEncryptedOnlyIsNotSentInTheClear) {
  v1::SubmitRequest request = Request("k1");
  request.mutable_draft()->set_require_tls(true);
  ASSERT_TRUE(Submit(request).ok());
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); }));
  EXPECT_THAT(edge_.Outcomes(),
              ElementsAre("k1: bob@example.net FAILED the mail may travel over encrypted "
                          "connections only, and the server does not promise that"));
  EXPECT_FALSE(std::ranges::any_of(
      smtp_.commands, [](const std::string& line) { return absl::StartsWith(line, "MAIL"); }));
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
}

TEST_F(SenderTroubleTest, AFullRedisTakesNoMailAndLosesNone) {
  smtp_.reads_content = false;
  ASSERT_TRUE(Submit(Request("k1")).ok());
  EXPECT_TRUE(Until([&] { return !smtp_.commands.empty() && smtp_.commands.back() == "DATA"; }));
  Do({"CONFIG", "SET", "maxmemory", "1"});
  v1::SubmitRequest large = Request("k3");
  large.mutable_draft()->set_text(std::string(300'000, 'x'));
  for (const v1::SubmitRequest& request : {Request("k2"), large}) {
    const absl::Status refused = Submit(request).status();
    EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("the queue of this gateway"));
  }
  smtp_.reads_content = true;
  EXPECT_TRUE(Until([&] { return !edge_.Outcomes().empty(); })) << "what is there goes on";
  Do({"CONFIG", "SET", "maxmemory", "0"});
  for (const char* key : {"k1", "k2"}) ASSERT_TRUE(Submit(Request(key)).ok());
  EXPECT_TRUE(Until([&] { return edge_.Outcomes().size() == 2 && Queue().total() == 0; }));
  EXPECT_THAT(edge_.Outcomes(), UnorderedElementsAre("k1: bob@example.net SENT 250 queued",
                                                     "k2: bob@example.net SENT 250 queued"));
  EXPECT_EQ(smtp_.mails.size(), 2u);
}

TEST_F(SenderTroubleTest, TheQueueOfAnOlderPosternIsSentAndToldOf) {
  Stop();
  smtp_.answers["EHLO"] = "250-fake\r\n250-8BITMIME\r\n250 AUTH PLAIN";
  OldMail waiting, sending;
  waiting.id = "m1";
  waiting.content = "Subject: one\r\n\r\nhello\r\n";
  sending.id = "m2";
  sending.state = "sending";
  sending.content = "Subject: two\r\n\r\nhello\r\n";
  const int64_t now = absl::ToUnixMillis(absl::Now());
  for (const OldMail& old : {waiting, sending}) {
    for (std::vector<std::string>& command : CommandsOf(old, now - 1000)) Do(std::move(command));
  }
  Start();
  ASSERT_TRUE(Submit(Request("k1")).ok());
  // The one that was being sent is tried a second time, not at once.
  v1::RetryQueuedRequest all;
  EXPECT_TRUE(Until([&] {
    (void)testing::Await(io_, rpc::Call(sender_->async(), &Api::RetryQueued, all, 5s));
    return smtp_.mails.size() == 3;
  }));
  EXPECT_TRUE(Until([&] { return Queue().total() == 0; }));
  const Strings told = edge_.Outcomes();
  EXPECT_EQ(told.size(), 5u);
  EXPECT_EQ(std::ranges::count(told, "the\ncontext: bob@example.net SENT 250 queued"), 2);
  EXPECT_EQ(std::ranges::count(told, "the\ncontext: eve@example.net SENT 250 queued"), 2);
}

}  // namespace
}  // namespace postern::sender
