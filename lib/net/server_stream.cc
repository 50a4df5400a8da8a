#include "lib/net/server_stream.h"

#include <openssl/err.h>

#include <utility>

namespace postern::net {

using boost::asio::ip::tcp;

ServerStream::ServerStream(tcp::socket socket, std::shared_ptr<const ServerTls> tls, Limits limits)
    : TcpStream(std::move(socket), limits), tls_(std::move(tls)) {}

Task<absl::Status> ServerStream::StartTls(std::string client) {
  if (tls_ == nullptr) co_return absl::FailedPreconditionError("tls: there is no certificate");
  if (absl::Status s = CheckNothingUnread(client); !s.ok()) co_return s;
  auto opened = tls_->Open(socket().native_handle());
  if (!opened.ok()) co_return opened.status();
  co_return co_await ShakeHands(*std::move(opened), std::move(client));
}

Task<void> ServerStream::Finish() {
  constexpr size_t kMostUnread = 64 * 1024, kPiece = 4096;
  if (SSL* const tls = ssl()) SSL_shutdown(tls);
  ERR_clear_error();
  boost::system::error_code ignored;
  socket().shutdown(tcp::socket::shutdown_send, ignored);
  for (size_t read = 0; read < kMostUnread; read += kPiece) {
    auto piece = co_await ReadPiece(kPiece);
    if (!piece.ok()) co_return;
  }
}

}  // namespace postern::net
