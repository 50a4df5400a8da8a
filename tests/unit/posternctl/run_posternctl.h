#pragma once

#include <string>
#include <vector>

namespace postern::posternctl {

struct Finished {
  int status = -1;  // exit status; -1 when a signal ended it
  std::string out, err;
};

// Runs the real binary to its end. POSTERN_* variables of the tester do not reach
// it; `environment` holds NAME=VALUE.
Finished RunPosternctl(std::vector<std::string> arguments,
                       std::vector<std::string> environment = {});

}  // namespace postern::posternctl
