#include "services/sender/mx/sts_lookup.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"

namespace postern::sender::mx {

using Clock = std::chrono::steady_clock;

static absl::StatusOr<StsPolicy> PolicyIn(const absl::StatusOr<std::string>& file) {
  if (!file.ok()) return file.status();
  return ReadStsPolicy(*file);
}

bool StsLookup::FailedLately(const std::string& domain) {
  const auto failed = failures_.find(domain);
  return failed != failures_.end() && Clock::now() - failed->second < kFailureGoodFor;
}

void StsLookup::Failed(const std::string& domain) {
  if (failures_.size() >= kMostFailures) {
    const auto over = [](const auto& one) { return Clock::now() - one.second >= kFailureGoodFor; };
    absl::erase_if(failures_, over);
  }
  if (failures_.size() < kMostFailures) failures_[domain] = Clock::now();
}

net::Task<std::optional<StsPolicy>> StsLookup::Renew(std::string domain, std::string id) {
  if (FailedLately(domain)) co_return std::nullopt;
  auto text = co_await source_.Fetch(domain);
  const absl::StatusOr<StsPolicy> policy = PolicyIn(text);
  if (!policy.ok()) {
    Failed(domain);
    log::Info("an MTA-STS policy can't be used",
              {{"domain", domain}, {"error", policy.status().message()}});
    co_return std::nullopt;
  }
  if (policy->max_age.count() > 0) {
    StoredSts stored;
    stored.id = std::move(id);
    stored.text = *std::move(text);
    absl::Status kept = co_await store_.Keep(domain, std::move(stored), policy->max_age);
    if (!kept.ok()) {
      log::Warn("an MTA-STS policy is not kept", {{"domain", domain}, {"error", kept.message()}});
    }
  }
  co_return *policy;
}

net::Task<absl::StatusOr<std::optional<StsPolicy>>> StsLookup::For(std::string domain) {
  auto known = co_await store_.Find(domain);
  if (!known.ok()) co_return known.status();
  std::optional<StsPolicy> in_force;
  if (*known) {
    auto policy = ReadStsPolicy((*known)->text);
    if (policy.ok()) in_force = *std::move(policy);
  }
  auto records = co_await dns_.Txt(absl::StrCat("_mta-sts.", domain));
  const auto id = records.ok() ? ReadStsId(records->records) : std::nullopt;
  if (!id || (in_force && (*known)->id == *id)) co_return in_force;
  auto renewed = co_await Renew(domain, *id);
  if (renewed) co_return renewed;
  co_return in_force;
}

}  // namespace postern::sender::mx
