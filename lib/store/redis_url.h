#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::store {

// Where a Redis is: host and port, or the path of a unix socket.
struct RedisUrl {
  std::string host;
  uint16_t port = 6379;
  std::string socket_path;  // empty: TCP
  std::string password;
  int db = 0;
};

// redis://[:password@]host[:port][/db] or unix:///path[?db=N]. kInvalidArgument
// says what is wrong, without the password.
absl::StatusOr<RedisUrl> ParseRedisUrl(absl::string_view text);

}  // namespace postern::store
