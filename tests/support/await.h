#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "lib/net/task.h"

namespace postern::testing {

// Runs one coroutine to its end and answers what it returned. With an io_context
// given, that one is used (for objects bound to it); it is run until the task ends.
template <class T>
T Await(boost::asio::io_context& io, net::Task<T> task) {
  std::optional<T> result;
  std::exception_ptr error;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
    error = e;
    if (!e) result.emplace(std::move(value));
  });
  io.restart();
  while (!result && !error && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
  return std::move(result.value());
}

template <class T>
T Await(net::Task<T> task) {
  boost::asio::io_context io;
  return Await(io, std::move(task));
}

inline void Await(boost::asio::io_context& io, net::Task<void> task) {
  bool done = false;
  std::exception_ptr error;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) {
    error = e;
    done = true;
  });
  io.restart();
  while (!done && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace postern::testing
