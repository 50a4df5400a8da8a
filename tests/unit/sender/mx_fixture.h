#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/sender/mx/mx_carrier.h"
#include "services/sender/mx/sts_lookup.h"
#include "services/sender/mx/sts_store.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_stream.h"

// A world of domains and mail servers for MxCarrier.
namespace postern::sender::mx {

using Strings = std::vector<std::string>;

// DNS as a test says.
class FakeDns final : public Dns {
 public:
  template <class Record>
  struct Entry {
    std::vector<Record> records;
    bool secure = false;
    absl::Status error;
    std::string canonical_name;
  };

  std::map<std::string, Entry<MxRecord>> mx;
  std::map<std::string, Entry<boost::asio::ip::address>> addresses;
  std::map<std::string, Entry<net::TlsaRecord>> tlsa;
  std::map<std::string, Entry<std::string>> txt;

  net::Task<absl::StatusOr<DnsAnswer<MxRecord>>> Mx(std::string name) override {
    co_return Answer(mx, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<boost::asio::ip::address>>> Addresses(
      std::string name) override {
    co_return Answer(addresses, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<net::TlsaRecord>>> Tlsa(std::string name) override {
    co_return Answer(tlsa, name);
  }
  net::Task<absl::StatusOr<DnsAnswer<std::string>>> Txt(std::string name) override {
    co_return Answer(txt, name);
  }

 private:
  template <class Record>
  absl::StatusOr<DnsAnswer<Record>> Answer(const std::map<std::string, Entry<Record>>& table,
                                           const std::string& name) {
    DnsAnswer<Record> answer;
    const auto found = table.find(name);
    answer.exists = mx.contains(name) || addresses.contains(name) || found != table.end();
    if (found == table.end()) return answer;
    if (!found->second.error.ok()) return found->second.error;
    answer.records = found->second.records;
    answer.secure = found->second.secure;
    answer.canonical_name = found->second.canonical_name;
    return answer;
  }
};

// Servers that play scripts, each for the next who dials its address.
class FakeDialer final : public net::AddressDialer {
 public:
  class Stream final : public testing::ScriptedStream {
   public:
    Stream(FakeDialer& dialer, absl::string_view script)
        : ScriptedStream(script, /*encrypted=*/false), dialer_(dialer) {}
    ~Stream() override {
      if (!mismatch().empty()) dialer_.complaints.push_back(mismatch());
      if (!Remaining().empty()) dialer_.complaints.push_back(Remaining());
    }

   private:
    FakeDialer& dialer_;
  };

  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> DialAddress(
      net::Target target) override {
    const std::string address = target.address.to_string();
    dialled.push_back(absl::StrCat(target.name, " ", address, " ", target.port));
    checks.push_back(target.checks);
    auto& scripts = servers[address];
    if (refused.contains(address)) co_return absl::PermissionDeniedError("not public");
    if (scripts.empty()) co_return absl::UnavailableError("refused");
    std::unique_ptr<net::ByteStream> stream = std::make_unique<Stream>(*this, scripts.front());
    scripts.pop_front();
    co_return stream;
  }

  std::map<std::string, std::deque<std::string>> servers;
  std::map<std::string, bool> refused;
  Strings dialled, complaints;
  std::vector<std::shared_ptr<const net::TlsChecks>> checks;
};

class FakeSource final : public StsSource {
 public:
  net::Task<absl::StatusOr<std::string>> Fetch(std::string domain) override {
    ++fetched;
    const auto found = files.find(domain);
    if (found == files.end()) co_return absl::UnavailableError("no web server");
    co_return found->second;
  }
  std::map<std::string, std::string> files;
  int fetched = 0;
};

class Content final : public smtp::ContentReader {
 public:
  net::Task<absl::StatusOr<std::string>> Next() override {
    co_return std::exchange(left_, std::string());
  }
  void Rewind() override { left_ = "hi\r\n"; }

 private:
  std::string left_;
};

class Dot final : public BeforeDot {
 public:
  net::Task<absl::Status> Mark() override {
    ++marks;
    co_return answer;
  }
  net::Task<absl::Status> Keep(const smtp::Transaction& transaction) override {
    size_t sent = 0;
    for (const smtp::Recipient& one : transaction.recipients) {
      if (one.fate == smtp::Fate::kSent) ++sent;
    }
    kept.push_back(sent);
    co_return answer_to_keep;
  }
  int marks = 0;
  std::vector<size_t> kept;  // how many had the mail each time
  absl::Status answer, answer_to_keep;
};

class MxCarrierTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { redis_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { redis_.reset(); }

  MxCarrierTest() {
    std::vector<std::string> flush = {"FLUSHALL"};
    EXPECT_TRUE(testing::Await(io_, client_->Command(std::move(flush))).ok());
  }

  void Mx(const std::string& domain, std::vector<MxRecord> records, bool secure = false) {
    dns_.mx[domain] = {std::move(records), secure, absl::OkStatus(), ""};
  }
  void Host(const std::string& name, const std::string& address, bool secure = false) {
    dns_.addresses[name] = {{boost::asio::ip::make_address(address)}, secure, {}, ""};
  }
  void Serve(const std::string& address, const std::string& script) {
    dns_.addresses.try_emplace(address);
    dialer_.servers[address].push_back(script);
  }
  // A server that takes a mail for these recipients.
  static std::string Takes(const Strings& recipients, const std::string& hello = "250 mx") {
    std::string script = absl::StrCat(kGreeting, "S: ", hello, "\n", kMail);
    for (const std::string& one : recipients) {
      absl::StrAppend(&script, "C: RCPT TO:<", one, ">\nS: 250 ok\n");
    }
    return absl::StrCat(script, kData, "S: 250 queued\nC: QUIT\nS: 221 bye\n");
  }

  // How each recipient fares: "sent", "failed: …", "pending: …".
  Strings Carry(const Strings& to, bool require_tls = false) {
    smtp::Envelope envelope;
    envelope.from = "ann@example.org";
    envelope.to = to;
    envelope.size = 4;
    envelope.require_tls = require_tls;
    smtp::Transaction transaction(to);
    Content content;
    Freight freight{envelope, content, transaction};
    MxCarrier carrier(io_.get_executor(), MxParts{dns_, policies_, dialer_},
                      MxOptions{"mail.example.org", 25});
    carried_ = testing::Await(io_, carrier.Carry(freight, dot_));
    io_.restart();
    io_.run_for(std::chrono::milliseconds(20));  // good-byes
    testing::Await(io_, carrier.Stop());
    in_doubt_ = transaction.dot_sent;
    if (plays_to_the_end_) {
      EXPECT_THAT(dialer_.complaints, ::testing::IsEmpty());
    }
    Strings fates;
    for (const smtp::Recipient& one : transaction.recipients) {
      const std::string reason = words::English(one.reason);
      fates.push_back(one.fate == smtp::Fate::kSent     ? "sent"
                      : one.fate == smtp::Fate::kFailed ? absl::StrCat("failed: ", reason)
                                                        : absl::StrCat("pending: ", reason));
    }
    return fates;
  }

  static constexpr char kGreeting[] = "S: 220 mx\nC: EHLO mail.example.org\n";
  static constexpr char kMail[] = "C: MAIL FROM:<ann@example.org>\nS: 250 ok\n";
  static constexpr char kData[] = "C: DATA\nS: 354 go\nC: hi\nC: .\n";

  static inline std::unique_ptr<testing::RedisServer> redis_;
  boost::asio::io_context io_{1};
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_->url());
  FakeDns dns_;
  FakeDialer dialer_;
  FakeSource source_;
  StsStore store_{*client_};
  StsLookup policies_{dns_, source_, store_};
  Dot dot_;
  absl::Status carried_;
  bool in_doubt_ = false;
  bool plays_to_the_end_ = true;
};

}  // namespace postern::sender::mx
