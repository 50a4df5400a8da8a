#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "lib/net/byte_stream.h"
#include "lib/net/tls.h"

namespace postern::net {

// A ByteStream over a TCP socket, with TLS on the socket itself: OpenSSL reads and
// writes the descriptor, we only wait for the direction it names. An idle stream
// holds no buffer.
class TcpStream : public ByteStream {
 public:
  struct Limits {
    size_t line_bytes = 64 * 1024;
  };

  // `socket` is connected; `tls` outlives the stream. `checks`: see net::Target.
  TcpStream(boost::asio::ip::tcp::socket socket, const TlsContext& tls, Limits limits,
            std::shared_ptr<const TlsChecks> checks = nullptr);
  ~TcpStream() override;

  Task<absl::StatusOr<std::string>> ReadLine() override;
  Task<absl::StatusOr<Piece>> ReadPiece(size_t most) override;
  Task<absl::StatusOr<std::string>> ReadExactly(size_t count) override;
  Task<absl::Status> Write(std::string bytes) override;
  Task<absl::Status> WriteSecret(const std::string& bytes) override;
  absl::StatusOr<std::optional<std::string>> LineAtHand() override;
  void WhenReadable(absl::AnyInvocable<void()> wake) override;
  Task<absl::Status> StartTls(std::string host) override;
  bool IsEncrypted() const override { return ssl_ != nullptr; }

 protected:
  // The other side of a connection: server_stream.h.
  TcpStream(boost::asio::ip::tcp::socket socket, Limits limits);
  // kDataLoss when something came in the clear that is to come encrypted. `peer` is for words.
  absl::Status CheckNothingUnread(const std::string& peer) const;
  // From here on all goes through `ssl`, when the handshake succeeds.
  Task<absl::Status> ShakeHands(SslPtr ssl, std::string peer);
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  SSL* ssl() { return ssl_.get(); }

 private:
  // What one attempt at the socket came to.
  enum class Progress { kDone, kWantRead, kWantWrite, kClosed };

  Task<absl::Status> ReadSome();  // appends to buffer_
  absl::string_view Unread() const { return absl::string_view(buffer_).substr(taken_); }
  std::string Take(size_t count);    // the next bytes of what is unread
  std::string TakeLine(size_t end);  // `end`: where its LF is in what is unread
  Progress ReadOnce();
  Progress WhatTlsWants(int result) const;  // after SSL_read or SSL_write that did not succeed
  Progress TryRead(char* data, size_t size, size_t& got);
  Progress TryWrite(const char* data, size_t size, size_t& put);
  Task<void> WaitFor(Progress direction);
  absl::Status PeerIsGone() const;
  absl::Status LineTooLong() const;

  boost::asio::ip::tcp::socket socket_;
  const TlsContext* tls_;  // null: we are the server
  Limits limits_;
  std::shared_ptr<const TlsChecks> checks_;
  SslPtr ssl_;
  std::string buffer_;                     // read from the peer; none while nothing of it is unread
  size_t taken_ = 0;                       // of buffer_: handed out
  std::string error_;                      // why the peer is gone
  Progress wanted_ = Progress::kWantRead;  // by the last attempt to read
  bool was_read_ = false;                  // over TLS
  bool wakes_ = false;                     // WhenReadable was asked for
};

}  // namespace postern::net
