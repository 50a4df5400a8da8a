#include <iostream>

#include "services/posternctl/command_line.h"

int main(int argc, char** argv) {
  return postern::posternctl::RunCommandLine(argc, argv, std::cout, std::cerr);
}
