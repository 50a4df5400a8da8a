#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

namespace postern::testing {

// A text of which this process holds no copy but those that the code under test made, so
// that they can be counted. Kept in another case: that of each letter turned over.
class HiddenText {
 public:
  explicit HiddenText(const crypto::Secret& text) : turned_(text.Reveal()) { Turn(turned_); }
  static HiddenText Random(size_t letters) {
    HiddenText hidden{crypto::Secret()};
    std::random_device random;
    while (hidden.turned_.size() < letters)
      hidden.turned_ += static_cast<char>('a' + random() % 26);
    return hidden;
  }

  crypto::Secret Reveal() const {
    std::string text = turned_;
    Turn(text);
    crypto::Secret secret(text);
    crypto::Wipe(text);
    return secret;
  }

  // In all memory that this process can write to, freed or not. Of freed memory the
  // allocator uses the beginning, so the second half is what is looked for.
  size_t CopiesInMemory() const {
    std::ifstream maps("/proc/self/maps");
    std::vector<std::string> lines;
    for (std::string line; std::getline(maps, line);) lines.push_back(line);
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    size_t found = 0;
    for (const std::string& line : lines) {
      if (!absl::StrContains(line, " rw")) continue;
      size_t begin = 0, end = 0;
      if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) == 2)
        found += CopiesIn(memory, begin, end);
    }
    ::close(memory);
    return found;
  }

 private:
  static void Turn(std::string& text) {
    for (char& c : text) c = static_cast<char>(c ^ 0x20);
  }

  size_t CopiesIn(int memory, size_t begin, size_t end) const {
    constexpr size_t kChunk = 1 << 20;
    size_t found = 0;
    std::string chunk(kChunk + Tail().size() - 1, '\0');
    for (size_t at = begin; at < end; at += kChunk) {
      const size_t wanted = std::min(chunk.size(), end - at);
      const ssize_t got = ::pread(memory, chunk.data(), wanted, static_cast<off_t>(at));
      if (got > 0) found += Count(chunk.data(), static_cast<size_t>(got));
      std::memset(chunk.data(), 0, chunk.size());
    }
    return found;
  }

  size_t Count(const char* bytes, size_t size) const {
    const absl::string_view tail = Tail();
    const char* const end = bytes + size;
    size_t found = 0;
    for (const char* at = bytes; end - at >= static_cast<ptrdiff_t>(tail.size()); ++at) {
      const size_t left = static_cast<size_t>(end - at);
      at = static_cast<const char*>(std::memchr(at, tail.front() ^ 0x20, left));
      if (at == nullptr || end - at < static_cast<ptrdiff_t>(tail.size())) break;
      size_t same = 0;
      while (same < tail.size() && at[same] == (tail[same] ^ 0x20)) ++same;
      if (same == tail.size()) ++found;
    }
    return found;
  }

  absl::string_view Tail() const { return absl::string_view(turned_).substr(turned_.size() / 2); }

  std::string turned_;
};

}  // namespace postern::testing
