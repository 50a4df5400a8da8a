#include "services/sender/routes/route_desk.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace postern::sender {
namespace {

constexpr size_t kCountAtOnce = 500;

v1::LinkState ToProto(Link::State state) {
  switch (state) {
    case Link::State::kDown:
      return v1::LINK_STATE_DOWN;
    case Link::State::kRising:
      return v1::LINK_STATE_RISING;
    case Link::State::kUp:
      return v1::LINK_STATE_UP;
    case Link::State::kFalling:
      return v1::LINK_STATE_FALLING;
    case Link::State::kFailed:
      return v1::LINK_STATE_FAILED;
  }
  return v1::LINK_STATE_UNSPECIFIED;
}

std::string WayOf(const RouteSettings& route) {
  if (route.direct) return "mx";
  if (!route.relay) return "";
  const bool is_ipv6 = route.relay->host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? absl::StrCat("[", route.relay->host, "]") : route.relay->host;
  return absl::StrCat(host, ":", route.relay->port);
}

}  // namespace

net::Task<uint64_t> RouteDesk::CountWaiting(std::string route) const {
  const std::vector<std::string> ids = gates_.AccountsOf(route);
  uint64_t all = 0;
  for (size_t first = 0; first < ids.size(); first += kCountAtOnce) {
    const size_t end = std::min(ids.size(), first + kCountAtOnce);
    std::vector<std::string> some(ids.begin() + first, ids.begin() + end);
    auto counts = co_await outbox_.CountWaiting(std::move(some));
    if (!counts.ok()) co_return 0;
    all = std::accumulate(counts->begin(), counts->end(), all);
  }
  co_return all;
}

void RouteDesk::Describe(const RouteSettings& route, v1::EgressRoute& told) const {
  told.set_name(route.name);
  told.set_way(WayOf(route));
  told.set_source(route.source);
  if (const Link* link = routes_.LinkOf(route.name); link != nullptr) {
    told.set_link(ToProto(link->state()));
    told.set_problem(link->problem());
  }
  told.set_open(gates_.IsRouteOpen(route.name));
  if (const auto next = gates_.NextRunOf(route.name)) {
    told.set_next_run_unix(absl::ToUnixSeconds(*next));
  }
  told.set_accounts(static_cast<uint32_t>(gates_.AccountsOf(route.name).size()));
}

net::Task<absl::Status> RouteDesk::List(v1::ListRoutesResponse& response) const {
  const auto table = routes_.table();  // it may be another one while we count
  for (const RouteSettings& route : table->routes) {
    if (route.schedule.sections.empty()) continue;
    v1::EgressRoute& told = *response.add_routes();
    Describe(route, told);
    const uint64_t waiting = co_await CountWaiting(route.name);
    told.set_waiting(waiting);
  }
  std::vector<std::string> problems = {routes_.file_problem(), aliases_.problem()};
  std::erase(problems, "");
  response.set_file_problem(absl::StrJoin(problems, "\n"));
  co_return absl::OkStatus();
}

}  // namespace postern::sender
