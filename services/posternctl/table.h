#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::posternctl {

// Rows under a header, each column as wide as its widest cell. Cells are escaped
// for the terminal here; an empty one is shown as "-".
class Table {
 public:
  // A title that begins with ">" aligns its column to the right: numbers.
  explicit Table(std::vector<std::string> titles);
  void Add(std::vector<std::string> cells);
  // Lines of its own below the row that was added last, as wide as the terminal; nothing when
  // `text` is empty.
  void Note(absl::string_view text);
  // Without rows: the sentence `none` instead of a bare header.
  void Print(std::ostream& out, const std::string& none) const;

 private:
  struct Row {
    std::vector<std::string> cells, notes;
  };

  std::vector<bool> to_the_right_;
  std::vector<Row> rows_;  // the titles first
};

// One thing in full: a name and a value on each line.
class Card {
 public:
  void Add(std::string name, std::string value);
  void Print(std::ostream& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// A sentence that holds words of users or servers.
void PrintLine(std::ostream& out, absl::string_view text);

}  // namespace postern::posternctl
