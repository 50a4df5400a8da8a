#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "lib/process/http_server.h"
#include "services/admin/oauth2/access_tokens.h"
#include "services/admin/oauth2/consent_desk.h"
#include "services/admin/oauth2/consent_endpoint.h"
#include "services/admin/oauth2/http_poster.h"
#include "services/admin/oauth2/provider.h"

namespace postern::admin {

// What the operator says of OAuth2.
struct OAuth2Settings {
  OAuth2Providers providers;  // empty: none of it
  std::string public_url;     // without a slash at its end
  std::string listen;         // ADDRESS:PORT of the web pages
  std::string tls_ca_file;    // extra CAs for the providers' endpoints
};

// All of OAuth2 that admin has, put together.
class OAuth2 {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    store::RedisClient& redis;
    AccountStore& accounts;
    ChangeFeed& feed;
    const crypto::SecretBox& box;
  };
  // `poster` is for tests: nullptr is the real one.
  OAuth2(Parts parts, OAuth2Settings settings, std::unique_ptr<HttpPoster> poster = nullptr);

  // kUnavailable when the address can't be listened on.
  absl::Status Start();
  net::Task<void> Stop();

  ConsentDesk& desk() { return desk_; }
  AccessTokens& tokens() { return tokens_; }
  ConsentEndpoint& pages() { return pages_; }

 private:
  const OAuth2Settings settings_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<HttpPoster> poster_;
  ProviderCallers callers_;
  ConsentStore store_;
  ConsentRecords records_;
  AccessTokens tokens_;
  ConsentDesk desk_;
  ConsentEndpoint pages_;
  std::unique_ptr<process::HttpServer> server_;
  net::TaskGroup tasks_;  // last: its coroutines use all of the above
};

}  // namespace postern::admin
