#pragma once

#include <cstdint>

#include "postern/admin/v1/admin.pb.h"

// How an account fares, as the fetcher and the sender tell it. Pure.
namespace postern::admin {

// The health of an account whose settings have not been tried: a new, changed or
// re-enabled one. What was known of its past is kept.
v1::Health UntriedHealth(v1::Health before, int64_t now_unix);
v1::Health DisabledHealth(v1::Health before, int64_t now_unix);

// The health after a report. While an error stands, CHECKING changes nothing: a
// new try at each back-off would otherwise blink in the user's roster for hours.
// ASKING is no error; why a password was of no use is shown beside it, and kept like
// one, for that is what a user looks for afterwards.
v1::Health ReportedHealth(const v1::Health& before, const v1::ReportHealthRequest& report,
                          int64_t now_unix);

// Whether people see a difference, so that the services must hear of it.
bool IsNews(const v1::Health& before, const v1::Health& after);

}  // namespace postern::admin
