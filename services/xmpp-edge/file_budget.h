#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>

#include "lib/net/task.h"

namespace postern::xmpp_edge {

// Files that go along with drafts are in memory: kMostAtOnce drafts get theirs at a time, and
// kMostBytes of all of them are kept until their drafts are gone.
class FileBudget {
 public:
  static constexpr int kMostAtOnce = 4;
  static constexpr size_t kMostBytes = 64 << 20;

  // A place among those that get files, and memory that outlives it.
  class Claim;

  explicit FileBudget(boost::asio::any_io_executor executor);

  // Waits until there is room for `most` bytes, at most kMostBytes. Null: not within minutes.
  net::Task<std::shared_ptr<Claim>> Admit(size_t most);

 private:
  struct State;
  std::shared_ptr<State> state_;  // claims may outlive the budget
};

class FileBudget::Claim {
 public:
  Claim(std::shared_ptr<State> state, size_t bytes);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  // The files are there; `bytes` stay.
  void End(size_t bytes);

 private:
  std::shared_ptr<State> state_;
  size_t bytes_;
  bool getting_ = true;
};

}  // namespace postern::xmpp_edge
