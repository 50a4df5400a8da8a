// What TLS alone costs a client: handshakes one after the other, up to the server's greeting.
//
//   bench_tls_handshakes CA_FILE HOST PORT COUNT
//
// HOST is an IPv4 address. Prints the seconds of CPU that this process took for each.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

double CpuSeconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec +
         (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

bool Shake(SSL_CTX* context, const sockaddr_in& address, const char* host) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  SSL* const ssl = SSL_new(context);
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
  SSL_set_fd(ssl, fd);
  char greeting[512];
  const bool well = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    SSL_connect(ssl) == 1 && SSL_read(ssl, greeting, sizeof greeting) > 0;
  SSL_free(ssl);
  close(fd);
  return well;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: bench_tls_handshakes CA_FILE HOST PORT COUNT\n", stderr);
    return 2;
  }
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_load_verify_locations(context, argv[1], nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[3])));
  inet_pton(AF_INET, argv[2], &address.sin_addr);
  const int count = std::atoi(argv[4]);
  const double before = CpuSeconds();
  for (int i = 0; i < count; ++i) {
    if (!Shake(context, address, argv[2])) return std::fputs("a handshake failed\n", stderr), 1;
  }
  std::printf("%.6f\n", (CpuSeconds() - before) / count);
}
