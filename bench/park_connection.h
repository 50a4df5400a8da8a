#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "bench/park_session.h"

namespace postern::bench {

// One client: its socket, which it closes, TLS and the dialogue. Never waits.
class ParkConnection {
 public:
  ParkConnection(int socket, SSL_CTX* context, std::vector<ParkMailbox>& accounts);
  ~ParkConnection();
  ParkConnection(const ParkConnection&) = delete;

  // Reads and writes as much as the socket has and takes; false when the client is gone.
  bool Pump();

  const int fd;
  ParkSession session;
  std::string out = std::string(ParkSession::kGreeting);
  int known_as = -1;  // the account under which Park finds it

 private:
  bool Drain();

  SSL* const ssl_;
  bool secure_ = false;
};

}  // namespace postern::bench
