// XEP-0012: Last Activity. The gateway: seconds since its start. An account: since
// its mail server last answered as it should. An address: since the last mail to it.
#include "services/xmpp-edge/features/last_activity.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNs[] = "jabber:iq:last";

class LastActivity {
 public:
  explicit LastActivity(FeatureContext context) : context_(context) {}

  net::Task<Element> Answer(Incoming incoming) {
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    int64_t since = 0;
    switch (place.kind) {
      case Place::Kind::kNowhere:
        co_return ErrorAnswer(incoming.stanza, "cancel", "item-not-found");
      case Place::Kind::kRoot:
      case Place::Kind::kType:
        since = started_unix_;
        break;
      case Place::Kind::kAccount:
        since = place.account->health().last_ok_unix();
        break;
      case Place::Kind::kAddress: {
        auto newest = co_await context_.threads.Newest(incoming.from.Bare(), incoming.to.Bare(), 1);
        if (newest.ok() && !newest->empty()) since = newest->front().at_unix;
        break;
      }
    }
    // Nothing has happened yet that could be counted from.
    if (since == 0) co_return ErrorAnswer(incoming.stanza, "cancel", "service-unavailable");
    Element query = MakeElement("query", kNs);
    query.Set("seconds", absl::StrCat(std::max<int64_t>(0, std::time(nullptr) - since)));
    Element answer = IqResult(incoming.stanza);
    answer.Add(std::move(query));
    co_return answer;
  }

 private:
  FeatureContext context_;
  const int64_t started_unix_ = std::time(nullptr);
};

}  // namespace

void InstallLastActivity(StanzaRouter& router, FeatureContext context) {
  auto feature = std::make_shared<LastActivity>(context);
  router.OnIq("get", kNs,
              [feature](Incoming incoming) { return feature->Answer(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
