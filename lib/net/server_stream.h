#pragma once

#include <memory>
#include <string>

#include "lib/net/server_tls.h"
#include "lib/net/tcp_stream.h"

namespace postern::net {

// A TcpStream of a client that has connected to us. In its errors "the server" is the peer,
// whoever that is.
class ServerStream final : public TcpStream {
 public:
  // `tls` may be null: then TLS can't be started.
  ServerStream(boost::asio::ip::tcp::socket socket, std::shared_ptr<const ServerTls> tls,
               Limits limits);

  // The client begins the handshake. `client` is for words alone: nothing of it is checked.
  Task<absl::Status> StartTls(std::string client) override;

  // Says that nothing more comes, and reads on until the client has closed or has sent
  // another 64 KiB: a connection closed over unread bytes is reset, and the client might lose
  // what it was told last. The caller sets a limit of time.
  Task<void> Finish();

 private:
  const std::shared_ptr<const ServerTls> tls_;
};

}  // namespace postern::net
