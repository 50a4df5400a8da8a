#include "services/admin/oauth2/oauth2.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/admin/oauth2/curl_poster.h"

namespace postern::admin {
namespace {

ProviderCallers MakeCallers(boost::asio::any_io_executor executor, HttpPoster& poster,
                            const OAuth2Providers& providers) {
  ProviderCallers callers;
  for (const OAuth2Provider& provider : providers) {
    callers[provider.name] =
        std::make_unique<ProviderCaller>(executor, poster, provider, &ProviderCaller::Clock::now);
  }
  return callers;
}

}  // namespace

OAuth2::OAuth2(Parts parts, OAuth2Settings settings, std::unique_ptr<HttpPoster> poster)
    : settings_(std::move(settings)),
      executor_(parts.executor),
      poster_(poster ? std::move(poster) : MakeCurlPoster(parts.executor, settings_.tls_ca_file)),
      callers_(MakeCallers(parts.executor, *poster_, settings_.providers)),
      store_(parts.redis),
      records_(parts.accounts, parts.feed),
      tokens_(AccessTokens::Parts{parts.executor, store_, records_, callers_, parts.box,
                                  &ProviderCaller::Clock::now}),
      desk_(ConsentDesk::Parts{parts.executor, store_, records_, tokens_, callers_, parts.box,
                               settings_.public_url}),
      pages_(desk_, settings_.public_url),
      tasks_(parts.executor) {}

absl::Status OAuth2::Start() {
  if (settings_.providers.empty()) return absl::OkStatus();
  bool has_codes = false;
  for (const OAuth2Provider& provider : settings_.providers) {
    has_codes = has_codes || !provider.device_url.empty();
  }
  if (has_codes) tasks_.Spawn("poll for consent", desk_.PollDevices());
  if (settings_.listen.empty()) return absl::OkStatus();
  const auto answer = [this](process::HttpRequest request) {
    return pages_.Answer(std::move(request));
  };
  auto server = process::HttpServer::Listen(executor_, settings_.listen, answer);
  if (!server.ok()) {
    return absl::Status(server.status().code(),
                        absl::StrCat("--oauth2-listen: ", server.status().message()));
  }
  server_ = *std::move(server);
  return absl::OkStatus();
}

net::Task<void> OAuth2::Stop() {
  server_.reset();
  co_await tasks_.Stop();
  co_await desk_.Stop();
  co_await tokens_.Stop();
}

}  // namespace postern::admin
