#include "lib/process/http_endpoint.h"

#include <utility>

#include "lib/process/metrics.h"

namespace postern::process {
namespace {

HttpResponse Respond(const HttpRequest& request, const std::string& not_ready) {
  HttpResponse response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
  } else if (request.target == "/metrics") {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics::Render();
  } else if (request.target == "/healthz") {
    response.body = "ok\n";
  } else if (request.target == "/readyz") {
    if (!not_ready.empty()) response.status = 503;
    response.body = not_ready.empty() ? "ready\n" : not_ready + "\n";
  } else {
    response.status = 404;
    response.body = "there are /metrics, /healthz and /readyz\n";
  }
  return response;
}

net::Task<HttpResponse> Answer(HttpRequest request, std::string not_ready) {
  co_return Respond(request, not_ready);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> ListenForMetrics(
    boost::asio::any_io_executor executor, const std::string& address,
    std::function<std::string()> not_ready) {
  return HttpServer::Listen(executor, address,
                            [not_ready = std::move(not_ready)](HttpRequest request) {
                              return Answer(std::move(request), not_ready());
                            });
}

}  // namespace postern::process
