#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/outbox/queue_view.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

// An outbox on a Redis of its own.
namespace postern::sender {

using namespace std::chrono_literals;
using testing::Await;

inline Submission MailFor(const std::string& account, const std::string& key) {
  Submission submission;
  submission.key = key;
  submission.account_id = account;
  submission.owner = "ann@jabber.example";
  submission.context = std::string("\0\xff\n", 3);
  submission.mail.envelope.from = "ann@example.org";
  submission.mail.envelope.to = {"bob@example.net", "eve@example.net"};
  submission.mail.envelope.size = 12;
  submission.mail.message_id = key + "@example.org";
  submission.mail.content = "hello\r\nyou\r\n";
  return submission;
}

inline words::Wording Said(const std::string& words) {
  return words::Word("the server said: $0", words);
}

inline Outcome Done(Outcome::Kind kind, const std::string& recipient, const std::string& reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.recipient = recipient;
  outcome.reason = Said(reason);
  return outcome;
}

inline Settlement AllSent() {
  Settlement settlement;
  settlement.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok"),
                         Done(Outcome::Kind::kSent, "eve@example.net", "250 ok")};
  return settlement;
}

inline Settlement AllPending(milliseconds retry_in, milliseconds pause = 0ms) {
  Settlement settlement;
  settlement.pending = {"bob@example.net", "eve@example.net"};
  settlement.retry_in = retry_in;
  settlement.pause_account = pause;
  settlement.error = Said("451 later");
  return settlement;
}

// For several at the same time, in a task group.
inline net::Task<void> PutInto(Outbox& outbox, Submission submission,
                               std::vector<absl::StatusOr<Receipt>>& receipts) {
  receipts.push_back(co_await outbox.Put(std::move(submission)));
}

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { Use(OutboxLimits()); }

  void Use(OutboxLimits limits) { outbox_.emplace(io_.get_executor(), *client_, limits); }
  void Pause(milliseconds time) { Await(io_, net::Sleep(time)); }

  Receipt Put(const std::string& account, const std::string& key) {
    return PutOne(MailFor(account, key));
  }
  Receipt PutOne(Submission submission) {
    auto receipt = Await(io_, outbox_->Put(std::move(submission)));
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? *receipt : Receipt();
  }
  Receipt PutToWait(const std::string& account, const std::string& key, milliseconds wait) {
    Submission submission = MailFor(account, key);
    submission.wait = wait;
    return PutOne(std::move(submission));
  }
  TakeResult Take(std::vector<std::string> busy = {}) {
    TakeRequest request;
    request.busy_accounts = std::move(busy);
    auto taken = Await(io_, outbox_->Take(std::move(request)));
    EXPECT_TRUE(taken.ok()) << taken.status();
    return taken.ok() ? *taken : TakeResult();
  }
  TakenMail TakeOne() {
    TakeResult taken = Take();
    EXPECT_EQ(taken.mails.size(), 1u);
    return taken.mails.empty() ? TakenMail() : taken.mails.front();
  }
  absl::Status Settle(const Lease& lease, Settlement settlement) {
    return Await(io_, outbox_->Settle(lease, std::move(settlement)));
  }
  std::vector<Report> Reports() { return *Await(io_, outbox_->TakeReports(10)); }
  QueuedMail Mail(const std::string& id) {
    const QueuePage page = *Await(io_, view_.Find(id));
    return page.mails.empty() ? QueuedMail() : page.mails.front();
  }
  QueuePage List() { return *Await(io_, view_.List(QueueFilter(), "", 100)); }
  int64_t Keys() { return Await(io_, client_->Command({"DBSIZE"}))->integer; }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  std::optional<Outbox> outbox_;
  QueueView view_{*client_};
};

}  // namespace postern::sender
