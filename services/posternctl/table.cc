#include "services/posternctl/table.h"

#include <algorithm>
#include <utility>

#include "services/posternctl/terminal_text.h"

namespace postern::posternctl {
namespace {

constexpr size_t kGap = 2;

void PrintNote(std::ostream& out, const std::string& note, size_t width) {
  for (const std::string& line : WrapText(note, width == 0 ? 0 : width - kGap)) {
    out << std::string(kGap, ' ') << line << "\n";
  }
}

std::string Shown(const std::string& cell) { return cell.empty() ? "-" : EscapeForTerminal(cell); }

}  // namespace

Table::Table(std::vector<std::string> titles) {
  for (std::string& title : titles) {
    to_the_right_.push_back(title.front() == '>');
    if (to_the_right_.back()) title.erase(0, 1);
  }
  rows_.push_back({std::move(titles), {}});
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(to_the_right_.size());
  for (std::string& cell : cells) cell = Shown(cell);
  rows_.push_back({std::move(cells), {}});
}

void Table::Note(absl::string_view text) {
  if (!text.empty()) rows_.back().notes.push_back(EscapeForTerminal(text));
}

void Table::Print(std::ostream& out, const std::string& none) const {
  if (rows_.size() == 1) {
    out << none << "\n";
    return;
  }
  std::vector<size_t> widths(to_the_right_.size());
  for (const auto& [row, notes] : rows_)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  const size_t terminal = TerminalWidth();
  for (const auto& [row, notes] : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      const std::string padding(widths[i] - DisplayWidth(row[i]), ' ');
      if (to_the_right_[i]) out << padding;
      out << row[i];
      if (!to_the_right_[i] && !last) out << padding;
      if (!last) out << std::string(kGap, ' ');
    }
    out << "\n";
    for (const std::string& note : notes) PrintNote(out, note, terminal);
  }
}

void Card::Add(std::string name, std::string value) {
  lines_.emplace_back(std::move(name), Shown(value));
}

void Card::Print(std::ostream& out) const {
  size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, name.size());
  for (const auto& [name, value] : lines_)
    out << name << ":" << std::string(width - name.size() + kGap, ' ') << value << "\n";
}

void PrintLine(std::ostream& out, absl::string_view text) {
  out << EscapeForTerminal(text) << "\n";
}

}  // namespace postern::posternctl
