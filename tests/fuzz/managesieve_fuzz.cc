// Whatever a client of ManageSieve says: each command is answered, nothing is held or stored beyond
// the limits, and nothing of a user is told to who has not logged in.
#include <cstdlib>

#include "lib/mail/utf8.h"
#include "services/rules/managesieve/session.h"
#include "tests/fuzz/byte_feed.h"
#include "tests/unit/rules/managesieve/fake_storage.h"

namespace {

namespace net = postern::net;
namespace managesieve = postern::rules::managesieve;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Hears what is answered.
class Client final : public net::ByteStream {
 public:
  explicit Client(absl::string_view bytes) : feed_(bytes) {}
  net::Task<absl::StatusOr<std::string>> ReadLine() override { return feed_.ReadLine(); }
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t most) override { return feed_.ReadPiece(most); }
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t count) override {
    Require(count <= 64 * 1024);
    return feed_.ReadExactly(count);
  }
  net::Task<absl::Status> Write(std::string bytes) override {
    heard += bytes;
    return feed_.Write("");
  }
  net::Task<absl::Status> StartTls(std::string host) override { return feed_.StartTls(host); }
  absl::StatusOr<std::optional<std::string>> LineAtHand() override { return feed_.LineAtHand(); }
  void WhenReadable(absl::AnyInvocable<void()>) override {}
  bool IsEncrypted() const override { return true; }

  std::string heard;

 private:
  postern::fuzz::ByteFeed feed_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr char kSecret[] = "# a secret of ann";
  Client client(absl::string_view(reinterpret_cast<const char*>(data), size));
  managesieve::FakeStorage storage;
  storage.scripts["main"] = kSecret;
  managesieve::Limits limits{managesieve::LimitOptions()};
  managesieve::SessionOptions options;
  options.offer = {"fuzz", {"fileinto"}, {"xmpp"}, 4};
  options.script_bytes = 2000;
  bool in = false;
  options.on_login = [&in](managesieve::LoginOutcome outcome, const std::string&) {
    in = in || outcome == managesieve::LoginOutcome::kDone;
  };
  {
    managesieve::Session session(client, storage, limits, options);
    postern::fuzz::Run(session.Run());
  }
  if (!in) Require(client.heard.find(kSecret) == std::string::npos && storage.scripts.size() == 1);
  for (const auto& [name, source] : storage.scripts)
    Require(postern::mail::IsUtf8(name) && !postern::mail::HasControls(name) &&
            source.size() <= options.script_bytes);
  Require(limits.Hold(managesieve::LimitOptions().script_bytes).operator bool());
  return 0;
}
