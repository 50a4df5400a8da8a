#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "services/admin/oauth2/http_poster.h"

namespace postern::admin {

// By lib/http. Outlives its calls.
std::unique_ptr<HttpPoster> MakeCurlPoster(boost::asio::any_io_executor executor,
                                           const std::string& extra_ca_file);

}  // namespace postern::admin
