#include "lib/net/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/net/event.h"

namespace postern::net {

namespace asio = boost::asio;

namespace {

[[noreturn]] void DieOf(const std::string& name, const char* what) {
  std::fprintf(stderr, "postern: bug: task '%s' ended by an exception: %s\n", name.c_str(), what);
  std::abort();
}

void CheckEnd(const std::string& name, std::exception_ptr error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) DieOf(name, e.what());
  } catch (const asio::multiple_exceptions& e) {
    // A cancel that met `a || b` unwound both sides; one of them tells.
    CheckEnd(name, e.first_exception());
  } catch (const std::exception& e) {
    DieOf(name, e.what());
  } catch (...) {
    DieOf(name, "not a std::exception");
  }
}

}  // namespace

// Outlives the group while coroutines unwind.
struct TaskGroup::State {
  explicit State(asio::any_io_executor e) : executor(e), ended(e) {}
  asio::any_io_executor executor;
  Event ended;
  uint64_t next_id = 1;
  absl::flat_hash_map<uint64_t, std::unique_ptr<asio::cancellation_signal>> running;
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(executor)) {}

TaskGroup::~TaskGroup() {
  for (auto& [id, signal] : state_->running) signal->emit(asio::cancellation_type::terminal);
}

uint64_t TaskGroup::Spawn(std::string name, Task<void> task) {
  const uint64_t id = state_->next_id++;
  auto signal = std::make_unique<asio::cancellation_signal>();
  auto slot = signal->slot();
  state_->running.emplace(id, std::move(signal));
  auto on_end = [state = state_, id, name = std::move(name)](std::exception_ptr error) {
    CheckEnd(name, error);
    state->running.erase(id);
    if (state->running.empty()) state->ended.Notify();
  };
  asio::co_spawn(state_->executor, std::move(task),
                 asio::bind_cancellation_slot(slot, std::move(on_end)));
  return id;
}

void TaskGroup::Cancel(uint64_t id) {
  auto found = state_->running.find(id);
  if (found == state_->running.end()) return;
  // Posted: a task may cancel another, or itself, from inside a callback.
  asio::cancellation_signal* signal = found->second.get();
  asio::post(state_->executor, [state = state_, id, signal] {
    if (state->running.contains(id)) signal->emit(asio::cancellation_type::terminal);
  });
}

Task<void> TaskGroup::Stop() {
  std::vector<uint64_t> ids;
  for (const auto& [id, signal] : state_->running) ids.push_back(id);
  for (uint64_t id : ids) Cancel(id);
  while (!state_->running.empty()) co_await state_->ended.Wait();
}

size_t TaskGroup::size() const { return state_->running.size(); }

}  // namespace postern::net
