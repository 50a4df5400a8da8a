#include "lib/store/redis_url.h"

#include <gtest/gtest.h>

namespace postern::store {
namespace {

TEST(RedisUrl, ReadsEveryForm) {
  const struct {
    const char* url;
    const char* host;
    int port;
    const char* path;
    const char* password;
    int db;
  } cases[] = {
      {"redis://localhost", "localhost", 6379, "", "", 0},
      {"redis://10.0.0.1:7000/3", "10.0.0.1", 7000, "", "", 3},
      {"redis://:p@ss:w@redis:6380", "redis", 6380, "", "p@ss:w", 0},
      {"redis://[::1]:6380/1", "::1", 6380, "", "", 1},
      {"redis://[::1]", "::1", 6379, "", "", 0},
      {"unix:///run/redis.sock", "", 6379, "/run/redis.sock", "", 0},
      {"unix:///run/redis.sock?db=2", "", 6379, "/run/redis.sock", "", 2},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.url);
    const auto url = ParseRedisUrl(c.url);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->socket_path, c.path);
    EXPECT_EQ(url->password, c.password);
    EXPECT_EQ(url->db, c.db);
  }
}

TEST(RedisUrl, SaysWhatIsWrongWithoutThePassword) {
  for (const char* text : {"", "localhost:6379", "http://x", "redis://", "redis://:secret@",
                           "redis://h:0", "redis://h:99999", "redis://h/x", "redis://user:secret@h",
                           "unix://rel", "unix://", "rediss://:secret@h"}) {
    SCOPED_TRACE(text);
    const auto url = ParseRedisUrl(text);
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.status().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::store
