#include "services/rules/config.h"

namespace postern::rules {

void AddOptions(process::Program&, Config&) {}

void CheckConfig(process::Program&, const Config&) {}

}  // namespace postern::rules
