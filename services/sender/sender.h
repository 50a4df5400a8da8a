#pragma once

#include <memory>

#include "lib/process/service.h"
#include "services/sender/config.h"

namespace postern::sender {

// Mail goes out: the outbound queue, its schedule, and the outcome of each message.
std::unique_ptr<process::Service> MakeSender(process::Runtime& runtime, Config config);

}  // namespace postern::sender
