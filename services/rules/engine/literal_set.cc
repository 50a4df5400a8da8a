#include "services/rules/engine/literal_set.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace postern::rules {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

uint8_t ByteOf(char c) { return static_cast<uint8_t>(c); }

}  // namespace

// States by number, the root 0, before they have their places.
struct LiteralSet::Trie {
  std::vector<uint32_t> next;  // rows of columns_
  std::vector<std::vector<uint32_t>> literals;
  std::vector<uint32_t> fall_back, shorter, breadth_first;
};

uint32_t LiteralSet::Add(absl::string_view literal) {
  std::string lowered = absl::AsciiStrToLower(literal);
  const auto [known, fresh] = ids_.try_emplace(lowered, static_cast<uint32_t>(literals_.size()));
  if (fresh) literals_.push_back(std::move(lowered));
  return known->second;
}

void LiteralSet::ChooseColumns(size_t longest) {
  column_.fill(0);
  columns_ = 1;
  for (const std::string& literal : literals_) {
    for (char c : absl::string_view(literal).substr(0, longest)) {
      uint8_t& column = column_[ByteOf(c)];
      if (column == 0 && columns_ < 256) column = static_cast<uint8_t>(columns_++);
    }
  }
  for (char c = 'A'; c <= 'Z'; ++c) column_[ByteOf(c)] = column_[ByteOf(absl::ascii_tolower(c))];
}

// At most; beginnings that are shared are counted again.
size_t LiteralSet::CountStates(size_t longest) const {
  return std::accumulate(literals_.begin(), literals_.end(), size_t{1},
                         [longest](size_t sum, const std::string& literal) {
                           return sum + std::min(literal.size(), longest);
                         });
}

LiteralSet::Trie LiteralSet::MakeTrie(size_t longest) const {
  Trie trie;
  trie.next.assign(columns_, kNone);
  trie.literals.resize(1);
  for (size_t id = 0; id < literals_.size(); ++id) {
    uint32_t state = 0;
    for (char c : absl::string_view(literals_[id]).substr(0, longest)) {
      const size_t cell = state * columns_ + column_[ByteOf(c)];
      if (trie.next[cell] == kNone) {
        trie.next[cell] = static_cast<uint32_t>(trie.literals.size());
        trie.literals.emplace_back();
        trie.next.resize(trie.next.size() + columns_, kNone);
      }
      state = trie.next[cell];
    }
    trie.literals[state].push_back(static_cast<uint32_t>(id));
  }
  return trie;
}

// Says of each state where to go with each byte, so that nothing is looked at twice.
void LiteralSet::Complete(Trie& trie) {
  const size_t states = trie.literals.size();
  trie.fall_back.assign(states, 0);
  trie.shorter.assign(states, 0);
  trie.breadth_first.push_back(0);
  for (size_t i = 0; i < trie.breadth_first.size(); ++i) {
    const uint32_t state = trie.breadth_first[i];
    const uint32_t back = trie.fall_back[state];
    for (size_t column = 0; column < columns_; ++column) {
      uint32_t& next = trie.next[state * columns_ + column];
      const uint32_t otherwise = state == 0 ? 0 : trie.next[back * columns_ + column];
      if (next == kNone) {
        next = otherwise;
        continue;
      }
      trie.fall_back[next] = otherwise;
      trie.shorter[next] = trie.literals[otherwise].empty() ? trie.shorter[otherwise] : otherwise;
      trie.breadth_first.push_back(next);
    }
  }
}

// Those with literals last: one comparison tells them.
void LiteralSet::LayOut(const Trie& trie) {
  const size_t states = trie.literals.size();
  const auto has_literals = [&trie](uint32_t state) {
    return !trie.literals[state].empty() || trie.shorter[state] != 0;
  };
  std::vector<uint32_t> order = trie.breadth_first;
  const auto first = std::stable_partition(order.begin(), order.end(),
                                           [&](uint32_t state) { return !has_literals(state); });
  std::vector<uint32_t> row(states);
  for (size_t i = 0; i < order.size(); ++i) row[order[i]] = static_cast<uint32_t>(i * columns_);
  first_with_ = static_cast<uint32_t>((first - order.begin()) * columns_);

  table_.resize(states * columns_);
  for (uint32_t state = 0; state < states; ++state) {
    for (size_t column = 0; column < columns_; ++column)
      table_[row[state] + column] = row[trie.next[state * columns_ + column]];
  }
  for (auto state = first; state != order.end(); ++state) {
    begins_.push_back(static_cast<uint32_t>(ends_.size()));
    ends_.insert(ends_.end(), trie.literals[*state].begin(), trie.literals[*state].end());
    shorter_.push_back(trie.shorter[*state] == 0 ? 0 : row[trie.shorter[*state]]);
  }
  begins_.push_back(static_cast<uint32_t>(ends_.size()));
}

void LiteralSet::Build(size_t max_cells) {
  size_t longest = kLongest;
  ChooseColumns(longest);
  while (longest > 1 && CountStates(longest) * columns_ > max_cells) {
    longest = longest * 3 / 4;
    ChooseColumns(longest);
  }
  for (const std::string& literal : literals_)
    longest_ = std::max(longest_, std::min(literal.size(), longest));
  Trie trie = MakeTrie(longest);
  Complete(trie);
  LayOut(trie);
  ids_.clear();
}

void LiteralSet::Search::Note(uint32_t row) {
  if (seen_.empty()) seen_.resize(set_.shorter_.size());
  while (row != 0) {
    const size_t index = (row - set_.first_with_) / set_.columns_;
    if (seen_[index] != 0) return;  // and so were the shorter ones
    seen_[index] = 1;
    found_.insert(found_.end(), set_.ends_.begin() + set_.begins_[index],
                  set_.ends_.begin() + set_.begins_[index + 1]);
    row = set_.shorter_[index];
  }
}

// Four places of the text at once: each waits for memory by itself.
void LiteralSet::Search::FeedLong(absl::string_view text) {
  constexpr size_t kPlaces = 4;
  const size_t share = text.size() / kPlaces;
  const uint32_t* const table = set_.table_.data();
  const uint8_t* const column = set_.column_.data();
  // What a place has seen of the one before it decides its state as if all were read.
  const size_t before = set_.longest_;
  const char* at[kPlaces];
  uint32_t row[kPlaces] = {row_, 0, 0, 0};
  at[0] = text.data();
  for (size_t place = 1; place < kPlaces; ++place) {
    at[place] = text.data() + place * share;
    for (const char* c = at[place] - before; c != at[place]; ++c)
      row[place] = table[row[place] + column[ByteOf(*c)]];
  }
  const uint32_t first = set_.first_with_;
  for (size_t i = 0; i < share; ++i) {
    for (size_t place = 0; place < kPlaces; ++place) {
      row[place] = table[row[place] + column[ByteOf(at[place][i])]];
    }
    if (row[0] >= first) Note(row[0]);
    if (row[1] >= first) Note(row[1]);
    if (row[2] >= first) Note(row[2]);
    if (row[3] >= first) Note(row[3]);
  }
  row_ = row[kPlaces - 1];
  Feed(text.substr(kPlaces * share));
}

void LiteralSet::Search::Feed(absl::string_view text) {
  if (set_.empty()) return;
  constexpr size_t kLong = 2048;
  if (text.size() >= kLong) {
    FeedLong(text);
    return;
  }
  for (char c : text) {
    row_ = set_.table_[row_ + set_.column_[ByteOf(c)]];
    if (row_ >= set_.first_with_) Note(row_);
  }
}

}  // namespace postern::rules
