#include "services/admin/site.h"

#include <utility>

#include "lib/process/log.h"

namespace postern::admin {
namespace {

const std::string& TextNow(WatchedText& file) {
  if (const absl::Status s = file.Refresh(); !s.ok()) {
    log::Warn("text of the site not read; the one before stays", {{"error", s.message()}});
  }
  return file.text();
}

}  // namespace

Site::Site(WatchedText welcome, WatchedText motd, const RelayRules& relay,
           const OAuth2Providers& oauth2)
    : welcome_(std::move(welcome)), motd_(std::move(motd)) {
  settings_.set_relay_offered(relay.offered);
  settings_.set_relay_label(relay.label);
  admin::Describe(oauth2, settings_);
}

v1::GetSiteResponse Site::Describe() {
  settings_.set_welcome(TextNow(welcome_));
  settings_.set_motd(TextNow(motd_));
  return settings_;
}

}  // namespace postern::admin
