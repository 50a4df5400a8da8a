#include "lib/http/url.h"

#include <gtest/gtest.h>

namespace postern::http {
namespace {

TEST(ReadUrl, TakesUrlsApart) {
  const struct {
    const char *text, *host, *path, *written;
    uint16_t port;
  } cases[] = {
      {"https://example.org/a/b.png", "example.org", "/a/b.png", "https://example.org/a/b.png",
       443},
      {"HTTPS://Example.ORG", "example.org", "/", "https://example.org/", 443},
      {"https://example.org:5443/x?y=/z#part", "example.org", "/x?y=/z",
       "https://example.org:5443/x?y=/z", 5443},
      {"https://example.org?x", "example.org", "/?x", "https://example.org/?x", 443},
      {"https://[2001:DB8::1]:8443/x", "2001:db8::1", "/x", "https://[2001:db8::1]:8443/x", 8443},
      {"https://192.0.2.1/x", "192.0.2.1", "/x", "https://192.0.2.1/x", 443},
      {"https://example.org/gr\xC3\xBC\xC3\x9F", "example.org", "/gr\xC3\xBC\xC3\x9F",
       "https://example.org/gr%C3%BC%C3%9F", 443},
      {"https://example.org/a@b", "example.org", "/a@b", "https://example.org/a@b", 443},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto url = ReadUrl(c.text);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->path, c.path);
    EXPECT_EQ(ToString(*url), c.written);
  }
}

TEST(ReadUrl, RefusesWhatMightBeReadInTwoWays) {
  const char* const cases[] = {
      "",
      "example.org/x",
      "https://",
      "https:///x",
      "https://user@example.org/",
      "https://user:password@example.org/",
      "https://example.org\\@evil.example/",
      "https://example.org:0/",
      "https://example.org:65536/",
      "https://example.org:/",
      "https://example.org:+1/",
      "https://exa mple.org/",
      "https://example.org/\r\nHost: x",
      "https://example.org/\x7F",
      "https://b\xC3\xBC\x63her.example/",
      "https://[::1/",
      "https://[::1]x/",
      "https://[fe80::1%25eth0]/",
      "https://[example.org]/",
      "https://exam%70le.org/",
      "https://example.org:1:2/",
      "https://example.org/<x>",
      "//x/y",
  };
  for (const char* text : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ReadUrl(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(ReadUrl("https://example.org/" + std::string(4096, 'x')).ok());
  for (const char* text : {"http://example.org/", "ftp://example.org/", "file:///etc/passwd",
                           "aesgcm://example.org/x#00"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ReadUrl(text).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST(LastPathPart, IsDecoded) {
  const struct {
    const char *url, *name;
  } cases[] = {
      {"https://example.org/a/photo.jpg", "photo.jpg"},
      {"https://example.org/a/photo.jpg?v=1/2", "photo.jpg"},
      {"https://example.org/gr%C3%BC%c3%9fe.txt",
       "gr\xC3\xBC\xC3\x9F"
       "e.txt"},
      {"https://example.org/100%.txt", "100%.txt"},
      {"https://example.org/%zz%4", "%zz%4"},
      {"https://example.org/a%2F..%2Fb", "a/../b"},
      {"https://example.org/a/", ""},
      {"https://example.org", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.url);
    EXPECT_EQ(LastPathPart(*ReadUrl(c.url)), c.name);
  }
}

}  // namespace
}  // namespace postern::http
