#include "services/xmpp-edge/client_clocks.h"

#include <re2/re2.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "lib/crypto/digest.h"

namespace postern::xmpp_edge {
namespace {

using namespace std::chrono_literals;

constexpr char kTimeNs[] = "urn:xmpp:time";
constexpr auto kPatience = 2s;
constexpr auto kRemembered = 6h;
constexpr auto kSilenceRemembered = 5min;
constexpr size_t kMostAnswers = 4096;

}  // namespace

std::optional<absl::TimeZone> ReadZoneOffset(absl::string_view text) {
  const std::string offset(absl::StripAsciiWhitespace(text));
  static const re2::RE2 pattern(R"(([+-])(\d{2}):(\d{2}))");
  std::string sign;
  int hours = 0, minutes = 0;
  if (offset == "Z") return absl::UTCTimeZone();
  if (!re2::RE2::FullMatch(offset, pattern, &sign, &hours, &minutes)) return std::nullopt;
  if (hours > 14 || minutes > 59) return std::nullopt;
  const int seconds = (hours * 60 + minutes) * 60;
  return absl::FixedTimeZone(sign == "-" ? -seconds : seconds);
}

ClientClocks::ClientClocks(std::string domain, StanzaSink& sink,
                           boost::asio::any_io_executor executor)
    : domain_(std::move(domain)), sink_(sink), executor_(std::move(executor)) {}

const ClientClocks::Answer* ClientClocks::Fresh(const std::string& full_jid) const {
  const auto found = answers_.find(full_jid);
  if (found == answers_.end()) return nullptr;
  const auto age = Clock::now() - found->second.heard;
  const bool fresh = found->second.zone ? age < kRemembered : age < kSilenceRemembered;
  return fresh ? &found->second : nullptr;
}

std::optional<absl::TimeZone> ClientClocks::Known(const std::string& full_jid) const {
  const Answer* answer = Fresh(full_jid);
  return answer == nullptr ? std::nullopt : answer->zone;
}

net::Task<std::optional<absl::TimeZone>> ClientClocks::ZoneOf(Jid user) {
  const std::string full_jid = user.Full();
  if (const Answer* known = Fresh(full_jid)) co_return known->zone;
  const std::string id = crypto::RandomId();
  Element question = MakeStanza("iq", domain_, full_jid, "get", id);
  question.Add(MakeElement("time", kTimeNs));
  auto answered = std::make_shared<net::Event>(executor_);
  questions_[id] = Question{full_jid, answered};
  if (answers_.size() >= kMostAnswers) answers_.clear();
  answers_[full_jid] = Answer{std::nullopt, Clock::now()};  // until it says more
  const absl::Status asked = co_await sink_.Send(std::move(question));
  if (asked.ok()) co_await answered->WaitFor(kPatience);
  questions_.erase(id);
  co_return Known(full_jid);
}

void ClientClocks::Hear(const Element& reply) {
  const auto question = questions_.find(std::string(reply.Attr("id")));
  if (question == questions_.end() || question->second.full_jid != reply.Attr("from")) return;
  const Element* time = reply.Child("time", kTimeNs);
  if (reply.Attr("type") == "result" && time != nullptr) {
    answers_[question->second.full_jid] =
        Answer{ReadZoneOffset(time->ChildText("tzo")), Clock::now()};
  }
  question->second.answered->Notify();
}

}  // namespace postern::xmpp_edge
