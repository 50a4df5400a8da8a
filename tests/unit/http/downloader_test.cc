#include "lib/http/downloader.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"

namespace postern::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

absl::StatusCode CodeOf(const std::string& url, const std::vector<std::string>& allow_hosts = {}) {
  asio::io_context io;
  Downloader downloader(io.get_executor(), "", *net::HostPolicy::Parse(allow_hosts));
  return testing::Await(io, downloader.Get(url, 1000)).status().code();
}

TEST(Downloader, GoesToPublicServersOnly) {
  for (const char* url :
       {"https://127.0.0.1/", "https://127.0.0.1:8443/", "https://[::1]/", "https://10.0.0.1/",
        "https://[::ffff:192.168.1.1]/", "https://169.254.169.254/latest", "https://0x7f.1/",
        "https://2130706433/", "https://localhost/", "https://0/", "https://8.8.8.8:80/",
        "https://8.8.8.8:22/"}) {
    SCOPED_TRACE(url);
    EXPECT_EQ(CodeOf(url), absl::StatusCode::kPermissionDenied);
  }
}

TEST(Downloader, ReadsHttpsUrlsOnly) {
  EXPECT_EQ(CodeOf("http://example.org/"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("https://ann@example.org/"), absl::StatusCode::kInvalidArgument);
}

TEST(Downloader, AServerThatIsNotThereIsNotNow) {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string at = absl::StrCat("127.0.0.1:", acceptor.local_endpoint().port());
  acceptor.close();
  EXPECT_EQ(CodeOf(absl::StrCat("https://", at, "/"), {at}), absl::StatusCode::kUnavailable);
}

// However curl writes the host down, what it dials was judged.
TEST(Client, DialsNoOtherAddressThanThoseJudged) {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  acceptor.non_blocking(true);
  Client client(io.get_executor(), "");
  Request request;
  request.url = absl::StrCat("https://127.0.0.1:", acceptor.local_endpoint().port(), "/");
  request.addresses = {asio::ip::make_address("192.0.2.1")};
  request.file_bytes = 1000;
  EXPECT_EQ(testing::Await(io, client.Ask(std::move(request))).status().code(),
            absl::StatusCode::kUnavailable);
  boost::system::error_code nobody;
  acceptor.accept(nobody);
  EXPECT_EQ(nobody, asio::error::would_block);
}

TEST(MeaningOf, TellsWhatIsGoneFromWhatIsNotNow) {
  const struct {
    int status;
    absl::StatusCode code;
  } cases[] = {
      {404, absl::StatusCode::kNotFound},    {410, absl::StatusCode::kNotFound},
      {401, absl::StatusCode::kAborted},     {403, absl::StatusCode::kAborted},
      {204, absl::StatusCode::kAborted},     {304, absl::StatusCode::kAborted},
      {408, absl::StatusCode::kUnavailable}, {429, absl::StatusCode::kUnavailable},
      {500, absl::StatusCode::kUnavailable}, {503, absl::StatusCode::kUnavailable},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.status);
    EXPECT_EQ(MeaningOf(c.status).code(), c.code);
  }
}

}  // namespace
}  // namespace postern::http
