#pragma once

#include <cstdint>
#include <string>

#include "postern/admin/v1/admin.pb.h"

// Values of the contracts as people read them; "" for what is not said.
namespace postern::posternctl {

// Local time: 2026-11-22 07:30:00. "" for 0.
std::string TimeWords(int64_t unix_seconds);
std::string SizeWords(uint64_t bytes);  // 12.3 KiB
// How long ago that was, in its largest unit: "12 min". "" for 0.
std::string AgeWords(int64_t unix_seconds, int64_t now_unix);

std::string Words(admin::v1::AccountType type);
std::string Words(admin::v1::Security security);
std::string Words(admin::v1::Action action);
std::string Words(admin::v1::HealthState state);
std::string Words(admin::v1::Role role);
std::string Words(edge::v1::Show show);
std::string Words(sender::v1::QueueState state);
std::string Words(sender::v1::LinkState state);
std::string Words(rules::v1::Verdict verdict);
std::string Words(rules::v1::RuleLanguage language);

}  // namespace postern::posternctl
