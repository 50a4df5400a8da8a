#pragma once

#include <sys/types.h>

#include <string>

namespace postern::testing {

// A real redis-server of its own for a test, in a temporary folder on a unix
// socket, with appendonly and fsync always. Gone with the object.
class RedisServer {
 public:
  RedisServer();
  ~RedisServer();
  const std::string& url() const { return url_; }
  void Kill();     // kill -9
  void Restart();  // with the same data

 private:
  void Start();
  std::string directory_, url_;
  pid_t pid_ = -1;
};

}  // namespace postern::testing
