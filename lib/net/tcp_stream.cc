#include "lib/net/tcp_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/dial_error.h"

namespace postern::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr size_t kReadBytes = 16 * 1024;  // one TLS record
}  // namespace

TcpStream::TcpStream(tcp::socket socket, const TlsContext& tls, Limits limits,
                     std::shared_ptr<const TlsChecks> checks)
    : TcpStream(std::move(socket), limits) {
  tls_ = &tls;
  checks_ = std::move(checks);
}

TcpStream::TcpStream(tcp::socket socket, Limits limits)
    : socket_(std::move(socket)), tls_(nullptr), limits_(limits) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}

TcpStream::~TcpStream() {
  // A polite close_notify if the socket takes it at once; never a wait.
  if (ssl_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

absl::Status TcpStream::PeerIsGone() const {
  return absl::UnavailableError(
      absl::StrCat("the server closed the connection", error_.empty() ? "" : ": ", error_));
}

absl::Status TcpStream::LineTooLong() const {
  return absl::DataLossError(
      absl::StrCat("the server sent a line longer than ", limits_.line_bytes, " bytes"));
}

TcpStream::Progress TcpStream::WhatTlsWants(int result) const {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Progress::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Progress::kWantWrite;
    default:
      return Progress::kClosed;
  }
}

TcpStream::Progress TcpStream::TryRead(char* data, size_t size, size_t& got) {
  if (!ssl_) {
    const ssize_t n = ::recv(socket_.native_handle(), data, size, 0);
    if (n > 0) {
      got = static_cast<size_t>(n);
      return Progress::kDone;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Progress::kWantRead;
    if (n < 0) error_ = std::strerror(errno);
    return Progress::kClosed;
  }
  ERR_clear_error();
  const int n = SSL_read(ssl_.get(), data, static_cast<int>(size));
  if (n > 0) {
    if (!std::exchange(was_read_, true) && !checks_ && tls_) tls_->Keep(ssl_.get());
    got = static_cast<size_t>(n);
    return Progress::kDone;
  }
  return WhatTlsWants(n);
}

TcpStream::Progress TcpStream::TryWrite(const char* data, size_t size, size_t& put) {
  if (!ssl_) {
    const ssize_t n = ::send(socket_.native_handle(), data, size, MSG_NOSIGNAL);
    if (n >= 0) {
      put = static_cast<size_t>(n);
      return Progress::kDone;
    }
    if (errno == EAGAIN || errno == EINTR) return Progress::kWantWrite;
    error_ = std::strerror(errno);
    return Progress::kClosed;
  }
  ERR_clear_error();
  const int n = SSL_write(ssl_.get(), data, static_cast<int>(std::min<size_t>(size, 1 << 20)));
  if (n > 0) {
    put = static_cast<size_t>(n);
    return Progress::kDone;
  }
  return WhatTlsWants(n);
}

Task<void> TcpStream::WaitFor(Progress direction) {
  const auto wait =
      direction == Progress::kWantWrite ? tcp::socket::wait_write : tcp::socket::wait_read;
  co_await socket_.async_wait(wait, asio::use_awaitable);
}

// Not part of ReadSome: a coroutine keeps its locals in its frame, and an idle
// stream is to hold no 16 KiB.
TcpStream::Progress TcpStream::ReadOnce() {
  char chunk[kReadBytes];
  size_t got = 0;
  wanted_ = TryRead(chunk, sizeof chunk, got);
  if (got > 0) {
    // Not at each line: what is left would be moved as often as there are lines.
    buffer_.erase(0, std::exchange(taken_, 0));
    buffer_.append(chunk, got);
  }
  return wanted_;
}

Task<absl::Status> TcpStream::ReadSome() {
  for (;;) {
    const Progress progress = ReadOnce();
    if (progress == Progress::kDone) co_return absl::OkStatus();
    if (progress == Progress::kClosed) co_return PeerIsGone();
    co_await WaitFor(progress);
  }
}

Task<absl::StatusOr<std::string>> TcpStream::ReadLine() {
  auto line = co_await ReadPiece(limits_.line_bytes);
  if (!line.ok()) co_return line.status();
  if (line->ends_line) co_return std::move(line->bytes);
  co_return LineTooLong();
}

Task<absl::StatusOr<ByteStream::Piece>> TcpStream::ReadPiece(size_t most) {
  size_t searched = 0;
  for (;;) {
    const size_t end = Unread().find('\n', searched);
    if (end != std::string::npos ? end > most + 1 : Unread().size() > most + 1) break;
    if (end != std::string::npos) co_return Piece{TakeLine(end), true};
    searched = Unread().size();
    absl::Status more = co_await ReadSome();
    if (!more.ok()) co_return more;
  }
  // A CR may be the first half of a line's end: it goes with the next piece.
  Piece piece;
  piece.bytes = Take(Unread()[most - 1] == '\r' ? most - 1 : most);
  piece.ends_line = false;
  co_return piece;
}

absl::StatusOr<std::optional<std::string>> TcpStream::LineAtHand() {
  for (size_t searched = 0;;) {
    const size_t end = Unread().find('\n', searched);
    const size_t length = std::min(end, Unread().size());
    if (length > limits_.line_bytes + 1) return LineTooLong();
    if (end != std::string::npos) return TakeLine(end);
    searched = Unread().size();
    const Progress progress = ReadOnce();
    if (progress == Progress::kClosed) return PeerIsGone();
    if (progress != Progress::kDone) return std::nullopt;
  }
}

void TcpStream::WhenReadable(absl::AnyInvocable<void()> wake) {
  boost::system::error_code ignored;
  if (std::exchange(wakes_, wake != nullptr)) socket_.cancel(ignored);
  if (!wake) return;
  const auto wait =
      wanted_ == Progress::kWantWrite ? tcp::socket::wait_write : tcp::socket::wait_read;
  socket_.async_wait(wait,
                     [wake = std::move(wake)](const boost::system::error_code& error) mutable {
                       if (error != asio::error::operation_aborted) wake();
                     });
}

std::string TcpStream::Take(size_t count) {
  std::string bytes;
  if (taken_ == 0 && count == buffer_.size()) {
    bytes.swap(buffer_);
    return bytes;
  }
  bytes = buffer_.substr(taken_, count);
  taken_ += count;
  if (taken_ == buffer_.size()) {
    std::string().swap(buffer_);
    taken_ = 0;
  }
  return bytes;
}

std::string TcpStream::TakeLine(size_t end) {
  std::string line = Take(end + 1);
  line.pop_back();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

Task<absl::StatusOr<std::string>> TcpStream::ReadExactly(size_t count) {
  while (Unread().size() < count) {
    absl::Status more = co_await ReadSome();
    if (!more.ok()) co_return more;
  }
  co_return Take(count);
}

Task<absl::Status> TcpStream::Write(std::string bytes) { co_return co_await WriteSecret(bytes); }

Task<absl::Status> TcpStream::WriteSecret(const std::string& bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    size_t put = 0;
    const Progress progress = TryWrite(bytes.data() + written, bytes.size() - written, put);
    if (progress == Progress::kClosed) co_return PeerIsGone();
    if (progress != Progress::kDone) co_await WaitFor(progress);
    written += put;
  }
  co_return absl::OkStatus();
}

absl::Status TcpStream::CheckNothingUnread(const std::string& peer) const {
  if (Unread().empty()) return absl::OkStatus();
  return DialError(absl::StatusCode::kDataLoss,
                   words::Word("$0 sent data in the clear after it agreed to start TLS; this "
                               "may be an attack",
                               peer),
                   Suspect::kNone);
}

Task<absl::Status> TcpStream::StartTls(std::string host) {
  if (absl::Status s = CheckNothingUnread(host); !s.ok()) co_return s;
  const int fd = socket_.native_handle();
  auto ssl = checks_ ? tls_->Open(fd, host, *checks_) : tls_->Open(fd, host);
  if (!ssl.ok()) co_return ssl.status();
  co_return co_await ShakeHands(*std::move(ssl), std::move(host));
}

Task<absl::Status> TcpStream::ShakeHands(SslPtr ssl, std::string peer) {
  for (;;) {
    ERR_clear_error();
    const int n = SSL_do_handshake(ssl.get());
    if (n == 1) break;
    const int reason = SSL_get_error(ssl.get(), n);
    if (reason == SSL_ERROR_WANT_READ) {
      co_await WaitFor(Progress::kWantRead);
    } else if (reason == SSL_ERROR_WANT_WRITE) {
      co_await WaitFor(Progress::kWantWrite);
    } else {
      if (!checks_ && tls_) tls_->Forget(ssl.get());
      co_return HandshakeError(ssl.get(), peer);
    }
  }
  ssl_ = std::move(ssl);
  co_return absl::OkStatus();
}

}  // namespace postern::net
