#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/rules/ir/problem.h"

namespace postern::rules::sieve {

// What is wrong with a script and with those that it includes. The first 50 are told.
class Problems {
 public:
  static constexpr size_t kMost = 50;

  void Error(const std::string& file, Position at, std::string text) {
    Add({at, std::move(text), file, false});
  }
  void Warning(const std::string& file, Position at, std::string text) {
    Add({at, std::move(text), file, true});
  }
  // A warning makes room for an error: one that is not told would look like success.
  void Add(Problem problem) {
    if (!problem.warning) ++errors_;
    if (full() && !problem.warning) {
      for (auto i = list_.end(); i != list_.begin();) {
        if ((--i)->warning) {
          list_.erase(i);
          break;
        }
      }
    }
    if (!full()) list_.push_back(std::move(problem));
  }

  // Of a file that is being read; errors without a name are about it.
  void set_file(std::string file) { file_ = std::move(file); }
  void Error(Position at, std::string text) { Error(file_, at, std::move(text)); }

  bool full() const { return list_.size() >= kMost; }
  size_t errors() const { return errors_; }
  std::vector<Problem> Take() { return std::move(list_); }

 private:
  std::vector<Problem> list_;
  std::string file_;
  size_t errors_ = 0;
};

}  // namespace postern::rules::sieve
