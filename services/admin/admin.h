#pragma once

#include <memory>

#include "lib/process/service.h"
#include "services/admin/config.h"

namespace postern::admin {

// Users and their accounts, and the one door for operators.
std::unique_ptr<process::Service> MakeAdmin(process::Runtime& runtime, Config config);

}  // namespace postern::admin
