#pragma once

#include <boost/asio/awaitable.hpp>

namespace postern::net {

// The only async idiom of the house: a coroutine on the process's io_context.
// Cancelling a Task unwinds it at its next wait (Asio throws operation_aborted
// through it); the code above needs no check of its own.
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace postern::net
