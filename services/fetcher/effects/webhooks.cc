#include "services/fetcher/effects/webhooks.h"

#include <chrono>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/http/downloader.h"
#include "lib/http/judged_addresses.h"
#include "lib/http/url.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kPauses[] = {std::chrono::seconds(2), std::chrono::seconds(15)};

prometheus::Counter& Calls(const char* result) {
  return metrics::Counter("postern_fetcher_webhooks_total",
                          "Web servers told of a mail by a rule, by what came of it",
                          {{"result", result}});
}
auto& told = Calls("told");
auto& failed = Calls("failed");

}  // namespace

Webhooks::Webhooks(boost::asio::any_io_executor executor, std::string extra_ca_file,
                   net::HostPolicy policy)
    : executor_(executor),
      ca_file_(std::move(extra_ca_file)),
      policy_(std::move(policy)),
      tasks_(executor) {}

absl::Status Webhooks::Post(const std::string& user, const std::string& url, std::string json) {
  if (auto read = http::ReadUrl(url); !read.ok()) {
    return absl::InvalidArgumentError("webhook: this is no https URL");
  }
  size_t& of_user = under_way_[user];
  if (tasks_.size() >= kMostInAll || of_user >= kMostOfOne || json.size() > kMostBytes) {
    if (of_user == 0) under_way_.erase(user);
    failed.Increment();
    return absl::ResourceExhaustedError("webhook: too many are under way");
  }
  ++of_user;
  tasks_.Spawn("webhook", PostAgain(user, url, std::move(json)));
  return absl::OkStatus();
}

net::Task<void> Webhooks::PostAgain(std::string user, std::string url, std::string json) {
  const absl::Cleanup leave = [this, &user] {
    if (--under_way_[user] == 0) under_way_.erase(user);
  };
  absl::Status posted = co_await PostOnce(url, json);
  for (const std::chrono::seconds pause : kPauses) {
    if (!absl::IsUnavailable(posted)) break;
    co_await net::Sleep(pause);
    posted = co_await PostOnce(url, json);
  }
  (posted.ok() ? told : failed).Increment();
  // Not the URL: it may hold a token.
  if (!posted.ok()) {
    log::Warn("a web server was not told of a mail", {{"user", user}, {"error", posted.message()}});
  }
}

net::Task<absl::Status> Webhooks::PostOnce(std::string url, std::string json) {
  const auto read = http::ReadUrl(url);
  if (!read.ok()) co_return read.status();
  if (!line_) line_ = std::make_unique<Line>(executor_, ca_file_);
  auto addresses = co_await http::JudgedAddresses(line_->resolver, policy_, *read);
  if (!addresses.ok()) co_return addresses.status();
  http::Request request;
  request.url = http::ToString(*read);
  request.json = std::move(json);
  request.addresses = *std::move(addresses);
  auto answer = co_await line_->client.Ask(std::move(request));
  if (!answer.ok()) co_return answer.status();
  if (answer->status >= 200 && answer->status < 300) co_return absl::OkStatus();
  co_return http::MeaningOf(answer->status);
}

}  // namespace postern::fetcher
