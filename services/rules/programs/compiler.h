#pragma once

#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "lib/net/task.h"
#include "services/rules/programs/compile_source.h"

namespace postern::rules {

// Compiles on a thread of its own, one after the other: mails are judged meanwhile. Sources go
// there by value and programs come back; nothing is shared.
class Compiler {
 public:
  Compiler() : thread_(1) {}
  // Waits for what is being compiled: 250 ms at the worst.
  ~Compiler();

  net::Task<std::vector<CompiledSource>> Compile(std::vector<ProgramSource> sources);

 private:
  boost::asio::thread_pool thread_;
};

}  // namespace postern::rules
