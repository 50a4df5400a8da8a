#pragma once

#include <ostream>

namespace postern::posternctl {

// The whole program. 0: done; 1: refused or failed, the reason is on `err`;
// 2: wrong usage, with a hint at the right --help.
int RunCommandLine(int argc, char** argv, std::ostream& out, std::ostream& err);

}  // namespace postern::posternctl
