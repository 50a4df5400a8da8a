#pragma once

#include <memory>

#include "lib/process/service.h"
#include "services/rules/config.h"

namespace postern::rules {

std::unique_ptr<process::Service> MakeRules(process::Runtime& runtime, Config config);

}  // namespace postern::rules
