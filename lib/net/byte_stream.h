#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"

namespace postern::net {

// A connected, ordered stream of bytes: TCP, TLS, or a script in a test.
// Protocol code speaks only to this, so every dialogue is testable without a
// socket. One reader and one writer at a time. A read that is cancelled (by
// WithDeadline, say) loses nothing: what had arrived is read next time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // The next line without its CRLF (a bare LF ends a line too). kUnavailable
  // when the peer is gone, kDataLoss when the line is longer than the limit.
  virtual Task<absl::StatusOr<std::string>> ReadLine() = 0;

  // The next line, or, of one that is longer than `most` (2 or more), its next bytes:
  // where lines may be of any length.
  struct Piece {
    std::string bytes;  // without the CRLF
    bool ends_line = true;
  };
  virtual Task<absl::StatusOr<Piece>> ReadPiece(size_t most) = 0;

  // Exactly `count` bytes, CR and LF among them. The caller has checked `count`.
  virtual Task<absl::StatusOr<std::string>> ReadExactly(size_t count) = 0;

  // All of `bytes`, or kUnavailable.
  virtual Task<absl::Status> Write(std::string bytes) = 0;
  // The same without a copy of `bytes`, which are the caller's to wipe.
  virtual Task<absl::Status> WriteSecret(const std::string& bytes) { return Write(bytes); }

  // The next line, if it has come already; never waits. Fails as ReadLine does.
  virtual absl::StatusOr<std::optional<std::string>> LineAtHand() = 0;
  // Calls `wake` once when there may be something to read, or the peer is gone; it may
  // come for nothing. It takes the place of an earlier one; a null one just ends that. For
  // connections that wait long: it costs no coroutine. Not while somebody reads.
  virtual void WhenReadable(absl::AnyInvocable<void()> wake) = 0;

  // Upgrades to TLS and checks the certificate against `host` (RFC 6125).
  // kDataLoss when the peer sent anything in the clear beyond the reply that
  // announced TLS: it would be taken for part of the protected session.
  virtual Task<absl::Status> StartTls(std::string host) = 0;

  // True once TLS is in force; passwords travel on nothing less.
  virtual bool IsEncrypted() const = 0;
};

}  // namespace postern::net
