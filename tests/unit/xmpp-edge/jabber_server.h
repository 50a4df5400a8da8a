#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace postern::testing {

// A real Prosody of its own for a test, in a temporary folder on a free port, with
// the components mail.localhost and news.localhost (secret "sesame"). Gone with the object.
class JabberServer {
 public:
  JabberServer();
  ~JabberServer();
  static bool Installed();

  uint16_t component_port() const { return port_; }
  void Kill();    // kill -9
  void Freeze();  // it answers nothing, but the connection stays
  void Thaw();
  void Start();

 private:
  std::string directory_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace postern::testing
