#include "services/runner/captured_output.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace postern::runner {

namespace asio = boost::asio;

net::Task<void> CapturedOutput::Read(std::shared_ptr<CapturedOutput> output) {
  std::vector<char> piece(kMaxKept);
  while (output->heard_ < kMaxHeard) {
    const auto buffer = asio::buffer(piece);
    const auto [error, count] =
        co_await output->pipe_.async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
    if (error) break;
    const size_t room = kMaxKept - output->kept_.size();
    output->kept_.append(piece.data(), std::min(room, count));
    output->heard_ += count;
  }
  boost::system::error_code ignored;
  output->pipe_.close(ignored);
  output->ended_.Notify();
}

net::Task<void> CapturedOutput::AwaitEnd() { co_await ended_.Wait(); }

}  // namespace postern::runner
