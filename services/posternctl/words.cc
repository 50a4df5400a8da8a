#include "services/posternctl/words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace postern::posternctl {

using namespace admin::v1;  // NOLINT: the values of these enums are all this file is about
using namespace edge::v1;
using namespace sender::v1;
using namespace rules::v1;

std::string TimeWords(int64_t unix_seconds) {
  if (unix_seconds == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(unix_seconds),
                          absl::LocalTimeZone());
}

std::string SizeWords(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  const double kib = static_cast<double>(bytes) / 1024;
  return kib < 1024 ? absl::StrFormat("%.1f KiB", kib) : absl::StrFormat("%.1f MiB", kib / 1024);
}

std::string AgeWords(int64_t unix_seconds, int64_t now_unix) {
  if (unix_seconds == 0) return "";
  const int64_t age = std::max<int64_t>(now_unix - unix_seconds, 0);
  if (age < 60) return absl::StrCat(age, " s");
  if (age < 60 * 60) return absl::StrCat(age / 60, " min");
  return age < 48 * 60 * 60 ? absl::StrCat(age / 3600, " h") : absl::StrCat(age / 86400, " d");
}

std::string Words(AccountType type) {
  if (type == ACCOUNT_TYPE_IMAP) return "IMAP";
  if (type == ACCOUNT_TYPE_POP3) return "POP3";
  if (type == ACCOUNT_TYPE_SMTP) return "SMTP";
  return type == ACCOUNT_TYPE_GLOBAL_SMTP ? "GlobalSMTP" : "";
}

std::string Words(Security security) {
  if (security == SECURITY_TLS) return "TLS";
  if (security == SECURITY_STARTTLS) return "STARTTLS";
  return security == SECURITY_NONE ? "none" : "";
}

std::string Words(admin::v1::Action action) {
  if (action == ACTION_NOTHING) return "nothing";
  if (action == ACTION_DIGEST) return "digest";
  return action == ACTION_FULL ? "full" : "";
}

std::string Words(HealthState state) {
  if (state == HEALTH_STATE_CHECKING) return "checking";
  if (state == HEALTH_STATE_OK) return "ok";
  if (state == HEALTH_STATE_ERROR) return "error";
  if (state == HEALTH_STATE_ASKING) return "needs its password";
  return state == HEALTH_STATE_DISABLED ? "disabled" : "";
}

std::string Words(Show show) {
  switch (show) {
    case SHOW_OFFLINE:
      return "offline";
    case SHOW_XA:
      return "xa";
    case SHOW_AWAY:
      return "away";
    case SHOW_DND:
      return "dnd";
    case SHOW_ONLINE:
      return "online";
    case SHOW_CHAT:
      return "chat";
    default:
      return "";
  }
}

std::string Words(QueueState state) {
  if (state == QUEUE_STATE_WAITING) return "waiting";
  if (state == QUEUE_STATE_SENDING) return "sending";
  if (state == sender::v1::QUEUE_STATE_HELD) return "held";
  if (state == sender::v1::QUEUE_STATE_FILING) return "filing";
  return state == QUEUE_STATE_REPORTING ? "reporting" : "";
}

std::string Words(LinkState state) {
  switch (state) {
    case sender::v1::LINK_STATE_DOWN:
      return "down";
    case sender::v1::LINK_STATE_RISING:
      return "rising";
    case sender::v1::LINK_STATE_UP:
      return "up";
    case sender::v1::LINK_STATE_FALLING:
      return "falling";
    case sender::v1::LINK_STATE_FAILED:
      return "failed";
    default:
      return "";
  }
}

std::string Words(admin::v1::Role role) {
  switch (role) {
    case admin::v1::ROLE_USER:
      return "user";
    case admin::v1::ROLE_REDIRECTOR:
      return "redirector";
    case admin::v1::ROLE_OPERATOR:
      return "operator";
    default:
      return "";
  }
}

std::string Words(Verdict verdict) {
  if (verdict == VERDICT_KEEP) return "kept";
  return verdict == VERDICT_REJECT ? "rejected" : "";
}

std::string Words(RuleLanguage language) {
  switch (language) {
    case RULE_LANGUAGE_JSMAIL_REJECT:
      return "jsmail reject";
    case rules::v1::RULE_LANGUAGE_SIEVE:
      return "sieve";
    case rules::v1::RULE_LANGUAGE_CONTENT_FILTER:
      return "content filter";
    case rules::v1::RULE_LANGUAGE_JSMAIL_RESPONDERS:
      return "jsmail responders";
    case rules::v1::RULE_LANGUAGE_JSMAIL_SUBJECT:
      return "jsmail subject";
    case rules::v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY:
      return "jsmail allow-deny";
    case rules::v1::RULE_LANGUAGE_JSMAIL_FINGER:
      return "jsmail finger";
    case rules::v1::RULE_LANGUAGE_PERSONAL:
      return "personal";
    default:
      return "";
  }
}

}  // namespace postern::posternctl
