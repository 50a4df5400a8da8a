// What a mail consists of: small ones as they come along, large ones in pieces.
#include "services/sender/outbox/outbox_content.h"

#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

class OutboxContentTest : public OutboxTest {
 protected:
  std::string ReadAll(const TakenMail& mail) {
    OutboxContent content(*outbox_, mail);
    std::string all;
    for (;;) {
      auto piece = Await(io_, content.Next());
      EXPECT_TRUE(piece.ok()) << piece.status();
      if (!piece.ok() || piece->empty()) return all;
      all += *piece;
    }
  }
  Submission Large(const std::string& key, size_t size = 3 * kPieceBytes) {
    Submission large = MailFor("work", key);
    large.mail.content = std::string(size, 'x');
    large.mail.envelope.size = size;
    return large;
  }
  size_t Pieces() {
    return Await(io_, client_->Command({"KEYS", "postern:outbox:{q0}:content:*"}))->items.size();
  }
};

TEST_F(OutboxContentTest, ASmallContentComesAlong) {
  Put("work", "k1");
  const TakenMail mail = TakeOne();
  EXPECT_EQ(mail.content, "hello\r\nyou\r\n");
  EXPECT_EQ(ReadAll(mail), "hello\r\nyou\r\n");
}

TEST_F(OutboxContentTest, ALargeContentComesInPieces) {
  for (const size_t size : {kInlineBytes + 1, kPieceBytes, kPieceBytes + 1, 3 * kPieceBytes + 7}) {
    SCOPED_TRACE(size);
    Submission large = MailFor("work", absl::StrCat("k", size));
    large.mail.content.clear();
    for (size_t i = 0; i < size; ++i) large.mail.content += static_cast<char>('a' + i % 23);
    large.mail.envelope.size = size;
    const std::string content = large.mail.content;
    PutOne(large);
    EXPECT_TRUE(PutOne(large).duplicate);
    const TakenMail mail = TakeOne();
    EXPECT_EQ(mail.content, "");
    EXPECT_EQ(ReadAll(mail), content);
    EXPECT_TRUE(Settle(mail.lease, AllSent()).ok());
    EXPECT_TRUE(Await(io_, outbox_->Reported(Reports().front())).ok());
  }
  EXPECT_EQ(Keys(), 4 + 2) << "the keys and the counters; no pieces are left";
}

TEST_F(OutboxContentTest, CountsBytes) {
  OutboxLimits limits;
  limits.bytes = 100'000;
  Use(limits);
  Submission large = MailFor("work", "k1");
  large.mail.content = std::string(90'000, 'x');
  PutOne(large);
  large.key = "k2";
  const auto full = Await(io_, outbox_->Put(large)).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  Put("work", "k3");
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  for (const Report& report : Reports()) EXPECT_TRUE(Await(io_, outbox_->Reported(report)).ok());
  EXPECT_FALSE(PutOne(large).duplicate) << "there is room again";
}

TEST_F(OutboxContentTest, ShowsTheHeader) {
  Submission mail = MailFor("work", "k1");
  mail.mail.content = "Subject: a\r\n\r\n" + std::string(100'000, 'x');
  const Receipt receipt = PutOne(mail);
  EXPECT_EQ(*Await(io_, view_.Header(receipt.queue_id)), "Subject: a\r\n\r\n");
  EXPECT_EQ(*Await(io_, view_.Header("none")), "");
}

TEST_F(OutboxContentTest, ReadsContentPieceByPiece) {
  const Receipt receipt = Put("work", "k1");
  EXPECT_EQ(*Await(io_, outbox_->Content(receipt.queue_id, 0, 8)), "hello\r\ny");
  EXPECT_EQ(*Await(io_, outbox_->Content(receipt.queue_id, 8, 8)), "ou\r\n");
  EXPECT_EQ(*Await(io_, outbox_->Content(receipt.queue_id, 12, 8)), "");
  EXPECT_TRUE(absl::IsNotFound(Await(io_, outbox_->Content("other", 0, 8)).status()));
}

TEST_F(OutboxContentTest, ReadsAContentToItsEnd) {
  const Receipt receipt = Put("a", "k");
  OutboxContent content(*outbox_, receipt.queue_id, 12);
  EXPECT_EQ(*Await(io_, content.Next()), "hello\r\nyou\r\n");
  EXPECT_EQ(*Await(io_, content.Next()), "");
}

// Whoever stood still for long may find the mail settled, and its content gone.
TEST_F(OutboxContentTest, NeverTakesTheEndOfWhatIsLeftForTheEndOfTheMail) {
  Submission large = MailFor("a", "k");
  large.mail.content = std::string(400 * 1024, 'x');
  large.mail.envelope.size = large.mail.content.size();
  const auto receipt = Await(io_, outbox_->Put(large));
  ASSERT_TRUE(receipt.ok());
  const TakenMail mail = TakeOne();
  OutboxContent content(*outbox_, mail.lease.queue_id, mail.envelope.size);
  EXPECT_EQ(Await(io_, content.Next())->size(), 256u * 1024);
  ASSERT_TRUE(Await(io_, outbox_->Settle(mail.lease, AllSent())).ok());
  EXPECT_EQ(Await(io_, content.Next()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(OutboxContentTest, SendsNoContentThatIsLongerThanItsEnvelopeSays) {
  const Receipt receipt = Put("a", "k");
  OutboxContent content(*outbox_, receipt.queue_id, 11);
  EXPECT_EQ(Await(io_, content.Next()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(OutboxContentTest, AMailThatIsRefusedLeavesNoPieces) {
  OutboxLimits limits;
  limits.per_account = 1;
  Use(limits);
  Put("work", "k1");
  EXPECT_TRUE(absl::IsResourceExhausted(Await(io_, outbox_->Put(Large("k2"))).status()));
  EXPECT_EQ(Pieces(), 0u);
}

// Both are told that there is room, and both store their pieces.
TEST_F(OutboxContentTest, OneThatIsPutTwiceAtOnceLeavesThePiecesOfOne) {
  net::TaskGroup tasks(io_.get_executor());
  std::vector<absl::StatusOr<Receipt>> receipts;
  for (int i = 0; i < 2; ++i) tasks.Spawn("put", PutInto(*outbox_, Large("k1"), receipts));
  for (int i = 0; i < 1000 && receipts.size() < 2; ++i) Pause(10ms);
  ASSERT_EQ(receipts.size(), 2u);
  ASSERT_TRUE(receipts[0].ok() && receipts[1].ok());
  EXPECT_EQ(receipts[0]->queue_id, receipts[1]->queue_id);
  EXPECT_EQ(Pieces(), 3u);
  EXPECT_EQ(ReadAll(TakeOne()).size(), 3 * kPieceBytes);
}

TEST_F(OutboxContentTest, ARedisThatGetsFullMeanwhileKeepsNoPieces) {
  // Room for a piece or two.
  const auto used = Await(io_, client_->Command({"INFO", "memory"}))->text;
  const int64_t bytes = std::atoll(used.c_str() + used.find("used_memory:") + 12);
  const std::string limit = absl::StrCat(bytes + 2 * kPieceBytes);
  ASSERT_TRUE(Await(io_, client_->Command({"CONFIG", "SET", "maxmemory", limit})).ok());
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, outbox_->Put(Large("k1", 8 << 20))).status()));
  EXPECT_EQ(Pieces(), 0u);
  ASSERT_TRUE(Await(io_, client_->Command({"CONFIG", "SET", "maxmemory", "0"})).ok());
  EXPECT_FALSE(PutOne(Large("k1")).duplicate);
}

}  // namespace
}  // namespace postern::sender
