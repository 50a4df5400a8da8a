#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "services/admin/oauth2/http_poster.h"

namespace postern::admin {

// HTTPS by libcurl on the process's io_context: certificates checked against the system's CAs
// and those of `extra_ca_file` (may be empty), 10 s to connect, 20 s in all, answers to 64 KiB,
// at most 64 connections at once. Outlives its calls.
std::unique_ptr<HttpPoster> MakeCurlPoster(boost::asio::any_io_executor executor,
                                           const std::string& extra_ca_file);

}  // namespace postern::admin
