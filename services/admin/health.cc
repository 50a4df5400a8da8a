#include "services/admin/health.h"

#include <string>
#include <utility>

#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxErrorBytes = 512;
constexpr int kMaxArguments = 10;  // $0 to $9
constexpr size_t kMaxWordingBytes = 2048;

v1::Health Become(v1::Health health, v1::HealthState state, int64_t now_unix) {
  if (health.state() != state) health.set_changed_unix(now_unix);
  health.set_state(state);
  health.clear_error();
  health.clear_problem();
  return health;
}

// A wording's text is a key of the catalogues, so what is too long for one has none:
// the English sentence, which is cut, then stands alone.
void SetProblem(mail::v1::Wording problem, v1::Health& health) {
  if (problem.text().empty() || problem.arguments_size() > kMaxArguments) return;
  for (std::string& argument : *problem.mutable_arguments()) {
    argument = OneLine(argument, kMaxErrorBytes);
  }
  if (problem.ByteSizeLong() <= kMaxWordingBytes) *health.mutable_problem() = std::move(problem);
}

// Why it fails, or asks. What is told again while it stands is not told anew.
void Explain(const v1::Health& before, const v1::ReportHealthRequest& report, int64_t now_unix,
             v1::Health& health) {
  health.set_error(OneLine(report.error(), kMaxErrorBytes));
  SetProblem(report.problem(), health);
  const bool anew = before.state() != health.state() || before.error() != health.error();
  if (anew) health.set_changed_unix(now_unix);
  if (health.error().empty() && health.state() != v1::HEALTH_STATE_ERROR) return;
  if (anew) health.set_last_error_unix(now_unix);
  health.set_last_error(health.error());
  health.clear_last_problem();
  if (health.has_problem()) *health.mutable_last_problem() = health.problem();
}

}  // namespace

v1::Health UntriedHealth(v1::Health before, int64_t now_unix) {
  return Become(std::move(before), v1::HEALTH_STATE_CHECKING, now_unix);
}

v1::Health DisabledHealth(v1::Health before, int64_t now_unix) {
  return Become(std::move(before), v1::HEALTH_STATE_DISABLED, now_unix);
}

v1::Health ReportedHealth(const v1::Health& before, const v1::ReportHealthRequest& report,
                          int64_t now_unix) {
  if (before.state() == v1::HEALTH_STATE_ERROR && report.state() == v1::HEALTH_STATE_CHECKING) {
    return before;
  }
  v1::Health health = Become(before, report.state(), now_unix);
  if (report.state() == v1::HEALTH_STATE_OK) health.set_last_ok_unix(now_unix);
  if (report.state() == v1::HEALTH_STATE_ERROR || report.state() == v1::HEALTH_STATE_ASKING) {
    Explain(before, report, now_unix, health);
  }
  return health;
}

bool IsNews(const v1::Health& before, const v1::Health& after) {
  return before.state() != after.state() || before.error() != after.error() ||
         before.problem().SerializeAsString() != after.problem().SerializeAsString();
}

}  // namespace postern::admin
