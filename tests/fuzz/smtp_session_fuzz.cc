// Whatever an SMTP server says: each command ends, and no recipient counts as sent before the
// server was sent the end of a mail.
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/mail/utf8.h"
#include "services/sender/smtp/session.h"
#include "tests/fuzz/byte_feed.h"

namespace {

namespace net = postern::net;
namespace smtp = postern::sender::smtp;

void Require(bool condition) {
  if (!condition) std::abort();
}

class Text final : public smtp::ContentReader {
 public:
  net::Task<absl::StatusOr<std::string>> Next() override {
    static const std::vector<std::string> pieces = {"Subject: x\r", "\n\r\n.\n..", "\r.", "end",
                                                    ""};
    co_return pieces[next_++];
  }
  void Rewind() override { next_ = 0; }

 private:
  size_t next_ = 0;
};

void Check(const smtp::Transaction& transaction) {
  for (const smtp::Recipient& r : transaction.recipients) {
    Require(r.fate != smtp::Fate::kSent || transaction.dot_began);
    const std::string reason = postern::words::English(r.reason);
    Require(postern::mail::IsUtf8(reason) && reason.size() < 1000);
    Require(reason.find_first_of("\r\n\x1b") == std::string::npos);
  }
}

net::Task<void> Converse(smtp::Session& session, smtp::KnownFaults& faults, char kind) {
  smtp::Opening opening;
  opening.start_tls = (kind & 1) != 0;
  opening.faults = &faults;
  opening.credentials.login = (kind & 2) != 0 ? "ann" : "";
  opening.credentials.secret = postern::crypto::Secret("hunter2");
  opening.credentials.kind = (kind & 4) != 0 ? postern::sasl::Credentials::Kind::kAccessToken
                                             : postern::sasl::Credentials::Kind::kPassword;
  const absl::Status opened = co_await session.Open(opening);
  // What the server says of the login is told; the password that it may repeat is not.
  Require(!absl::IsUnauthenticated(opened) ||
          opened.message().find("hunter2") == absl::string_view::npos);
  Require(opened.ok() == session.Reusable() || session.limits().mails > 0);
  if (!opened.ok()) co_return;
  smtp::Envelope envelope;
  envelope.from = "ann@example.org";
  envelope.to = {"bob@example.net", "eve@example.net", "joe@example.com"};
  envelope.envelope_id = "x";
  for (int mails = 0; mails < 4 && session.Reusable(); ++mails) {
    smtp::Transaction transaction(envelope.to);
    int rounds = 0;
    do {
      Require(++rounds <= 6);  // three recipients: who is left over gets fewer each time
      const auto wanted = co_await session.Offer(envelope, transaction);
      Check(transaction);
      if (!wanted.ok()) co_return;
      if (!*wanted) break;
      Text content;
      const absl::Status transferred = co_await session.Transfer(content, transaction);
      Check(transaction);
      if (!transferred.ok()) co_return;
    } while (transaction.AnyLeftOver() && session.Reusable());
  }
  if (session.Reusable()) co_await session.Reset();
  co_await session.Quit();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  postern::fuzz::ByteFeed feed(
      absl::string_view(reinterpret_cast<const char*>(data + 1), size - 1));
  smtp::KnownFaults faults;
  smtp::Session session(feed, "smtp.example.org");
  postern::fuzz::Run(Converse(session, faults, static_cast<char>(data[0])));
  return 0;
}
