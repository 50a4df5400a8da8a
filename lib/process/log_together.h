#pragma once

#include <string>

namespace postern::log {

// What is logged while one of these lives goes out in one write, at its end: for the lines of
// a batch, each of which would cost a write(2) of its own. Not across a co_await: others would
// log into it, and what happened would be told late.
class Together {
 public:
  Together();
  ~Together();
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  std::string lines_;
  const std::string* const outer_;  // one that lives already takes them
};

}  // namespace postern::log
