#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/rules/ir/problem.h"
#include "services/rules/ir/program.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {

// The expressions of one file: compiled when all of them are known, and with their number the
// memory that each may take.
class Expressions {
 public:
  explicit Expressions(Source& source) : source_(source) {}

  // `expression` is a part of the line's text. False: it is wrong, and that has been told.
  bool Add(const Line& line, absl::string_view expression);
  // Warns of one that matches every mail.
  void CompileAll();
  size_t size() const { return all_.size(); }
  // In the order in which they were added; null when it can't be compiled.
  const std::shared_ptr<const RE2>& at(size_t i) const { return all_[i].pattern; }

 private:
  struct One {
    std::string re2;
    Line line;
    absl::string_view written;
    std::shared_ptr<const RE2> pattern;
  };

  Source& source_;
  std::vector<One> all_;
};

// The frame of a file with an expression on each line: `read` is told of each entry until it says
// that there are too many, then the expressions are compiled, and of what has no error `build`
// makes the program.
Compiled CompileLines(Source& source, Expressions& expressions,
                      absl::FunctionRef<bool(const Line&)> read,
                      absl::FunctionRef<ProgramPtr()> build);

}  // namespace postern::rules::jsmail
