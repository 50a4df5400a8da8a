#include "services/admin/health.h"

#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxErrorBytes = 512;

v1::Health Become(v1::Health health, v1::HealthState state, int64_t now_unix) {
  if (health.state() != state) health.set_changed_unix(now_unix);
  health.set_state(state);
  if (state != v1::HEALTH_STATE_ERROR) health.clear_error();
  return health;
}

}  // namespace

v1::Health UntriedHealth(v1::Health before, int64_t now_unix) {
  return Become(std::move(before), v1::HEALTH_STATE_CHECKING, now_unix);
}

v1::Health DisabledHealth(v1::Health before, int64_t now_unix) {
  return Become(std::move(before), v1::HEALTH_STATE_DISABLED, now_unix);
}

v1::Health ReportedHealth(v1::Health before, const v1::ReportHealthRequest& report,
                          int64_t now_unix) {
  if (before.state() == v1::HEALTH_STATE_ERROR && report.state() == v1::HEALTH_STATE_CHECKING) {
    return before;
  }
  v1::Health health = Become(std::move(before), report.state(), now_unix);
  if (report.state() == v1::HEALTH_STATE_OK) health.set_last_ok_unix(now_unix);
  if (report.state() == v1::HEALTH_STATE_ERROR) {
    const std::string error = OneLine(report.error(), kMaxErrorBytes);
    if (health.error() != error) health.set_changed_unix(now_unix);
    health.set_error(error);
    health.set_last_error(error);
  }
  return health;
}

bool IsNews(const v1::Health& before, const v1::Health& after) {
  return before.state() != after.state() || before.error() != after.error();
}

}  // namespace postern::admin
