#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "lib/net/event.h"
#include "lib/net/task.h"

namespace postern::xmpp_edge {

// A thread for what may block as long as a file server likes. Jobs go there by value, one after
// the other, and their results come back; nothing is shared.
class FileThread {
 public:
  FileThread() : thread_(1) {}
  // Waits for the job under way.
  ~FileThread() {
    thread_.stop();
    thread_.join();
  }

  template <typename Result>
  net::Task<Result> Run(std::function<Result()> work) {
    // Touched by one thread at a time: posting orders them.
    struct Job {
      explicit Job(boost::asio::any_io_executor executor) : done(executor) {}
      std::function<Result()> work;
      std::optional<Result> result;
      net::Event done;
    };
    boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto job = std::make_shared<Job>(executor);
    job->work = std::move(work);
    boost::asio::post(thread_, [job, executor] {
      job->result.emplace(job->work());
      boost::asio::post(executor, [job] { job->done.Notify(); });
    });
    co_await job->done.Wait();
    co_return *std::move(job->result);
  }

 private:
  boost::asio::thread_pool thread_;
};

}  // namespace postern::xmpp_edge
