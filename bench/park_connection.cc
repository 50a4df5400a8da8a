#include "bench/park_connection.h"

#include <openssl/err.h>
#include <unistd.h>

namespace postern::bench {

ParkConnection::ParkConnection(int socket, SSL_CTX* context, std::vector<ParkMailbox>& accounts)
    : fd(socket), session(accounts), ssl_(SSL_new(context)) {
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
}

ParkConnection::~ParkConnection() {
  SSL_free(ssl_);
  close(fd);
}

// False when the socket takes no more now, or is gone.
bool ParkConnection::Drain() {
  while (!out.empty()) {
    const int wrote = SSL_write(ssl_, out.data(), static_cast<int>(out.size()));
    if (wrote <= 0) return false;
    out.erase(0, wrote);
  }
  if (out.capacity() > 4096) out.shrink_to_fit();
  return true;
}

bool ParkConnection::Pump() {
  static char buffer[16 * 1024];
  ERR_clear_error();
  if (!secure_) {
    const int done = SSL_do_handshake(ssl_);
    if (done != 1) return SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ;
    secure_ = true;
  }
  for (;;) {
    if (!Drain()) return SSL_get_error(ssl_, -1) == SSL_ERROR_WANT_WRITE;
    if (session.over()) return false;
    if (session.Answer(out)) continue;
    const int got = SSL_read(ssl_, buffer, sizeof buffer);
    if (got <= 0) return SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ;
    session.Take({buffer, static_cast<size_t>(got)});
  }
}

}  // namespace postern::bench
