#include "services/rules/programs/compiler.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "lib/net/event.h"
#include "lib/process/metrics.h"

namespace postern::rules {

namespace asio = boost::asio;

namespace {

prometheus::Counter& Compilations() {
  static auto& counter =
      metrics::Counter("postern_rules_compilations_total", "Rule programs that were compiled");
  return counter;
}

// Touched by one thread at a time: posting orders them.
struct Job {
  explicit Job(asio::any_io_executor executor) : done(executor) {}
  std::vector<ProgramSource> sources;
  std::vector<CompiledSource> compiled;
  net::Event done;
};

}  // namespace

Compiler::~Compiler() {
  thread_.stop();
  thread_.join();
}

net::Task<std::vector<CompiledSource>> Compiler::Compile(std::vector<ProgramSource> sources) {
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto job = std::make_shared<Job>(executor);
  job->sources = std::move(sources);
  asio::post(thread_, [job, executor] {
    for (const ProgramSource& source : job->sources) job->compiled.push_back(CompileSource(source));
    asio::post(executor, [job] { job->done.Notify(); });
  });
  co_await job->done.Wait();
  Compilations().Increment(static_cast<double>(job->compiled.size()));
  co_return std::move(job->compiled);
}

}  // namespace postern::rules
