#pragma once

#include <memory>

#include "lib/process/service.h"
#include "services/fetcher/config.h"

namespace postern::fetcher {

// Mailboxes: watching and reading. `config` has passed CheckConfig.
std::unique_ptr<process::Service> MakeFetcher(process::Runtime& runtime, Config config);

}  // namespace postern::fetcher
