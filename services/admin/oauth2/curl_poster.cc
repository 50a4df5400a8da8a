#include "services/admin/oauth2/curl_poster.h"

#include <utility>

#include "lib/http/client.h"

namespace postern::admin {
namespace {

class CurlPoster final : public HttpPoster {
 public:
  CurlPoster(boost::asio::any_io_executor executor, const std::string& ca_file)
      : client_(executor, ca_file) {}

  net::Task<absl::StatusOr<HttpAnswer>> Post(HttpPost post) override {
    http::Request request;
    request.url = std::move(post.url);
    request.accept = "application/json";
    request.form = std::move(post.form);
    request.authorization = std::move(post.authorization);
    auto told = co_await client_.Ask(std::move(request));
    if (!told.ok()) co_return told.status();
    HttpAnswer answer;
    answer.status = told->status;
    answer.body = std::move(told->body);
    co_return answer;
  }

 private:
  http::Client client_;
};

}  // namespace

std::unique_ptr<HttpPoster> MakeCurlPoster(boost::asio::any_io_executor executor,
                                           const std::string& extra_ca_file) {
  return std::make_unique<CurlPoster>(executor, extra_ca_file);
}

}  // namespace postern::admin
