#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"

namespace postern::store {

// One Redis answer as a value. Error answers never get here: they are a Status.
struct Reply {
  enum class Kind { kNil, kString, kInteger, kArray };
  Kind kind = Kind::kNil;
  std::string text;          // kString (bulk and status replies)
  int64_t integer = 0;       // kInteger
  std::vector<Reply> items;  // kArray

  bool IsNil() const { return kind == Kind::kNil; }
};

// A Lua script; it is sent once and then named by its hash.
class Script {
 public:
  explicit Script(absl::string_view source);
  const std::string& source() const { return source_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string source_;
  std::string sha1_;
};

// A connection to Redis that mends itself. Commands are pipelined. Every call
// ends within `command timeout` (5 s): kUnavailable while Redis is away, is
// loading, is read-only or refuses writes (disk, memory): the command may or may
// not have been done then, so writes are made to be repeated. Other error
// answers are kInternal with Redis's words.
class RedisClient {
 public:
  // redis://[:password@]host[:port][/db] or unix:///path[?db=N]
  // kInvalidArgument says what is wrong with the URL.
  static absl::StatusOr<std::unique_ptr<RedisClient>> Create(boost::asio::any_io_executor executor,
                                                             absl::string_view url);
  ~RedisClient();

  net::Task<absl::StatusOr<Reply>> Command(std::vector<std::string> args);
  net::Task<absl::StatusOr<Reply>> Run(const Script& script, std::vector<std::string> keys,
                                       std::vector<std::string> args);
  bool connected() const;

 private:
  class Link;
  explicit RedisClient(std::shared_ptr<Link> link);
  std::shared_ptr<Link> link_;
};

}  // namespace postern::store
