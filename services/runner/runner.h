#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "lib/process/service.h"
#include "services/runner/config.h"

namespace postern::runner {

// With a config that CheckConfig let pass.
std::unique_ptr<process::Service> MakeRunner(boost::asio::io_context& io, Config config);

}  // namespace postern::runner
