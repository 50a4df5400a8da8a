// The sender's SMTP session alone, against a real server: what a story in tests/e2e can't say to
// it through the gateway, which writes no such mails, and how fast it is.
//
//   smtp_carrier port=N [security=none|starttls|tls] [login=L password=P] [ca=FILE]
//                [from=A] [to=A,B,...] [mails=N] [mutants=SEED | file=F]
//                [id=ENVELOPE-ID] [eight-bit=yes] [utf8=yes] [require-tls=yes]
//                [chunking=no] [pipelining=no]
//
// Prints a line for each recipient of each mail that was not sent, then "N sent" and the seconds.
// Exit status 1 when a session failed.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/net/tcp_dialer.h"
#include "services/sender/smtp/session.h"
#include "tests/support/mutant_mail.h"

namespace {

namespace net = postern::net;
namespace smtp = postern::sender::smtp;
using Arguments = std::map<std::string, std::string>;

constexpr char kHost[] = "127.0.0.1";

std::string ValueOf(const Arguments& arguments, const std::string& name, const std::string& other) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? other : found->second;
}

uint64_t NumberOf(const Arguments& arguments, const std::string& name, uint64_t other) {
  uint64_t number = other;
  return absl::SimpleAtoi(ValueOf(arguments, name, ""), &number) ? number : other;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Pieces : public smtp::ContentReader {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  net::Task<absl::StatusOr<std::string>> Next() override {
    if (next_ == pieces_.size()) co_return std::string();
    co_return pieces_[next_++];
  }
  void Rewind() override { next_ = 0; }

 private:
  const std::vector<std::string> pieces_;
  size_t next_ = 0;
};

class Carrier {
 public:
  Carrier(net::Dialer& dialer, const Arguments& arguments)
      : dialer_(dialer), arguments_(arguments), random_(NumberOf(arguments, "mutants", 0)) {
    using Fault = smtp::KnownFaults::Fault;
    if (Is("chunking", "no")) faults_.Note(kHost, Fault::kChunking);
    if (Is("pipelining", "no")) faults_.Note(kHost, Fault::kPipelining);
  }

  net::Task<absl::Status> CarryAll() {
    const auto begun = std::chrono::steady_clock::now();
    const uint64_t mails = NumberOf(arguments_, "mails", 1);
    const std::string file = ReadAll(ValueOf(arguments_, "file", "/dev/null"));
    for (uint64_t i = 0; i < mails; ++i) {
      const bool mutant = arguments_.contains("mutants");
      const std::string content = mutant ? postern::testing::MutantMail(i, random_) : file;
      absl::Status carried = co_await CarryOne(content);
      if (!carried.ok()) co_return carried;
    }
    if (session_) co_await session_->Quit();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::cout << sent_ << " sent\n" << took.count() << " s\n";
    co_return absl::OkStatus();
  }

 private:
  bool Is(const std::string& name, const std::string& value) const {
    return ValueOf(arguments_, name, "") == value;
  }

  net::Task<absl::Status> Connect() {
    session_.reset();
    net::Endpoint endpoint;
    endpoint.host = kHost;
    endpoint.port = static_cast<uint16_t>(NumberOf(arguments_, "port", 25));
    endpoint.tls = Is("security", "tls");
    auto stream = co_await dialer_.Dial(std::move(endpoint));
    if (!stream.ok()) co_return stream.status();
    stream_ = *std::move(stream);
    session_ = std::make_unique<smtp::Session>(*stream_, kHost);
    smtp::Opening opening;
    opening.start_tls = Is("security", "starttls");
    opening.allow_plaintext_auth = true;
    opening.faults = &faults_;
    opening.credentials.login = ValueOf(arguments_, "login", "");
    opening.credentials.secret = postern::crypto::Secret(ValueOf(arguments_, "password", ""));
    co_return co_await session_->Open(opening);
  }

  net::Task<absl::Status> CarryOne(const std::string& content) {
    if (!session_ || !session_->Reusable()) {
      absl::Status connected = co_await Connect();
      if (!connected.ok()) co_return connected;
    }
    smtp::Envelope envelope;
    envelope.from = ValueOf(arguments_, "from", "ann@mail.test");
    envelope.to = absl::StrSplit(ValueOf(arguments_, "to", "bob@mail.test"), ',');
    envelope.size = content.size();
    envelope.envelope_id = ValueOf(arguments_, "id", "");
    envelope.eight_bit = Is("eight-bit", "yes") && session_->capabilities().eight_bit;
    envelope.utf8 = Is("utf8", "yes");
    envelope.require_tls = Is("require-tls", "yes");
    smtp::Transaction transaction(envelope.to);
    Pieces pieces(postern::testing::CutAnywhere(content, random_));
    do {
      auto wanted = co_await session_->Offer(envelope, transaction);
      if (!wanted.ok()) co_return wanted.status();
      if (!*wanted) break;
      pieces.Rewind();
      absl::Status transferred = co_await session_->Transfer(pieces, transaction);
      if (!transferred.ok()) co_return transferred;
    } while (transaction.AnyLeftOver() && session_->Reusable());
    Tell(transaction);
    co_return absl::OkStatus();
  }

  void Tell(const smtp::Transaction& transaction) {
    for (const smtp::Recipient& r : transaction.recipients) {
      if (r.fate == smtp::Fate::kSent) {
        ++sent_;
        continue;
      }
      std::cout << (r.fate == smtp::Fate::kFailed ? "failed " : "pending ") << r.address << " "
                << postern::words::English(r.reason) << "\n";
    }
  }

  net::Dialer& dialer_;
  const Arguments& arguments_;
  std::mt19937 random_;
  smtp::KnownFaults faults_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<smtp::Session> session_;
  uint64_t sent_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    arguments.insert(pair);
  }
  boost::asio::io_context io;
  net::DialerOptions options;
  options.allow_hosts = {absl::StrCat(kHost, ":", NumberOf(arguments, "port", 25))};
  options.tls_ca_file = ValueOf(arguments, "ca", "");
  auto dialer = net::TcpDialer::Create(io.get_executor(), options);
  if (!dialer.ok()) {
    std::cerr << dialer.status() << "\n";
    return 2;
  }
  Carrier carrier(**dialer, arguments);
  absl::Status outcome;
  boost::asio::co_spawn(
      io, carrier.CarryAll(),
      [&outcome](std::exception_ptr, absl::Status status) { outcome = std::move(status); });
  io.run();
  if (outcome.ok()) return 0;
  std::cerr << outcome << "\n";
  return 1;
}
