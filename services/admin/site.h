#pragma once

#include "postern/admin/v1/admin.pb.h"
#include "services/admin/oauth2/provider.h"
#include "services/admin/relay_rules.h"
#include "services/admin/watched_text.h"

namespace postern::admin {

// What the operator has set for the whole site, as users meet it.
class Site {
 public:
  Site(WatchedText welcome, WatchedText motd, const RelayRules& relay,
       const OAuth2Providers& oauth2 = {});

  // As the files say it now. A file that has become unusable is told in the log, and
  // what it said before stays.
  v1::GetSiteResponse Describe();

 private:
  WatchedText welcome_, motd_;
  v1::GetSiteResponse settings_;
};

}  // namespace postern::admin
