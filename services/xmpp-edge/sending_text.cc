#include "services/xmpp-edge/sending_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

std::string BySchedule(const admin::v1::Sending& sending, absl::Time now, const Words& words) {
  const absl::TimeZone zone = schedule::FindZone(sending.time_zone()).value_or(absl::UTCTimeZone());
  const auto times = schedule::ParseSchedule(sending.schedule(), schedule::Syntax::kExtended, zone);
  const auto next = times.ok() ? NextRun(*times, schedule::Traffic::kSend, now) : std::nullopt;
  if (!next) return texts::SentWhenConnected(words);
  return texts::SentBySchedule(words, texts::ZonedDate(words, *next, zone));
}

// Each sender has a signature of its own, or none.
std::string Signatures(const admin::v1::Account& account, const Words& words) {
  const admin::v1::Sending& sending = account.sending();
  std::vector<std::string> with;
  if (!sending.signature().empty()) with.push_back(account.default_from());
  for (const admin::v1::Identity& identity : sending.identities()) {
    if (!identity.signature().empty()) with.push_back(identity.from());
  }
  if (with.empty()) return "";
  const bool all = with.size() == 1 + static_cast<size_t>(sending.identities_size());
  return all ? texts::HasSignature(words) : texts::SignedFrom(words, absl::StrJoin(with, ", "));
}

}  // namespace

std::string SendingText(const admin::v1::Account& account, absl::Time now, const Words& words) {
  const admin::v1::Sending& sending = account.sending();
  std::vector<std::string> said{
      texts::MailIsSentFrom(words, account.name(), account.default_from())};
  if (sending.identities_size() > 0) {
    const auto from = [](std::string* out, const admin::v1::Identity& identity) {
      out->append(identity.from());
    };
    said.push_back(texts::AlsoFrom(words, absl::StrJoin(sending.identities(), ", ", from)));
  }
  if (std::string signed_by = Signatures(account, words); !signed_by.empty()) {
    said.push_back(std::move(signed_by));
  }
  if (sending.form() == admin::v1::BODY_FORM_HTML) said.push_back(texts::SentAsHtml(words));
  if (sending.undo_seconds() > 0) {
    said.push_back(texts::WaitsForUndo(words, sending.undo_seconds()));
  }
  if (!sending.schedule().empty()) said.push_back(BySchedule(sending, now, words));
  if (!sending.time_zone().empty()) said.push_back(texts::ZoneIs(words, sending.time_zone()));
  if (sending.sent_folder() == "-") {
    said.push_back(texts::KeptNowhere(words));
  } else if (!sending.sent_folder().empty()) {
    said.push_back(texts::KeptIn(words, sending.sent_folder()));
  }
  return absl::StrJoin(said, " ");
}

}  // namespace postern::xmpp_edge
