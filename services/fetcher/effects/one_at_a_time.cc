#include "services/fetcher/effects/one_at_a_time.h"

#include <boost/asio/this_coro.hpp>

namespace postern::fetcher {

// Until it leaves the scope, whichever way.
class OneAtATime::Turn {
 public:
  explicit Turn(OneAtATime& of) : of_(of) { of_.taken_ = true; }
  ~Turn() {
    of_.taken_ = false;
    of_.freed_->Notify();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  OneAtATime& of_;
};

net::Task<void> OneAtATime::AwaitTurn() {
  const auto executor = co_await boost::asio::this_coro::executor;
  if (!freed_) freed_.emplace(executor);
  while (taken_) co_await freed_->Wait();
}

net::Task<ReadMails> OneAtATime::Read(std::vector<WantedMail> wanted) {
  co_await AwaitTurn();
  const Turn turn(*this);
  co_return co_await mailbox_.Read(std::move(wanted));
}

net::Task<absl::StatusOr<std::optional<std::string>>> OneAtATime::ReadBytes(MailFacts facts,
                                                                            size_t most) {
  co_await AwaitTurn();
  const Turn turn(*this);
  co_return co_await mailbox_.ReadBytes(facts, most);
}

}  // namespace postern::fetcher
