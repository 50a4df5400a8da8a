#include "lib/store/redis_url.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::store {
namespace {

constexpr size_t kMaxSocketPath = 107;  // sun_path, less its end

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, "; expected redis://[:password@]host[:port][/db] or unix:///path[?db=N]"));
}

absl::Status ReadDb(absl::string_view text, RedisUrl& url) {
  if (!absl::SimpleAtoi(text, &url.db) || url.db < 0) return Wrong("the database is not a number");
  return absl::OkStatus();
}

absl::StatusOr<RedisUrl> ParseUnix(absl::string_view rest) {
  RedisUrl url;
  const size_t query = rest.find("?db=");
  if (query != absl::string_view::npos) {
    if (auto s = ReadDb(rest.substr(query + 4), url); !s.ok()) return s;
    rest = rest.substr(0, query);
  }
  if (rest.empty() || rest.front() != '/') return Wrong("the socket path is not absolute");
  if (rest.size() > kMaxSocketPath) return Wrong("the socket path is longer than 107 bytes");
  url.socket_path = std::string(rest);
  return url;
}

}  // namespace

absl::StatusOr<RedisUrl> ParseRedisUrl(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "unix://")) return ParseUnix(text);
  if (absl::StartsWith(text, "rediss://")) return Wrong("TLS to Redis is not supported yet");
  if (!absl::ConsumePrefix(&text, "redis://")) return Wrong("not a Redis URL");
  RedisUrl url;
  if (const size_t at = text.rfind('@'); at != absl::string_view::npos) {
    absl::string_view login = text.substr(0, at);
    if (!absl::ConsumePrefix(&login, ":")) return Wrong("Redis user names are not supported");
    url.password = std::string(login);
    text = text.substr(at + 1);
  }
  if (const size_t slash = text.find('/'); slash != absl::string_view::npos) {
    const absl::string_view db = text.substr(slash + 1);
    if (!db.empty()) {
      if (auto s = ReadDb(db, url); !s.ok()) return s;
    }
    text = text.substr(0, slash);
  }
  absl::string_view host = text;
  if (const size_t colon = text.rfind(':');
      colon != absl::string_view::npos && !absl::EndsWith(text, "]")) {
    uint32_t port = 0;
    if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port == 0 || port > 65535) {
      return Wrong("the port is not a number from 1 to 65535");
    }
    url.port = static_cast<uint16_t>(port);
    host = text.substr(0, colon);
  }
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (host.empty()) return Wrong("no host");
  url.host = std::string(host);
  return url;
}

}  // namespace postern::store
