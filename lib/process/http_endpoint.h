#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/process/http_server.h"

namespace postern::process {

// The metrics port: GET /metrics (Prometheus), /healthz (the process lives),
// /readyz (200, or 503 with the reason). `not_ready`: "" when ready.
absl::StatusOr<std::unique_ptr<HttpServer>> ListenForMetrics(
    boost::asio::any_io_executor executor, const std::string& address,
    std::function<std::string()> not_ready);

}  // namespace postern::process
