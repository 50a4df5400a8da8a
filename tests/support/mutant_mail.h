#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postern::testing {

// The body of a mail by somebody who wants a second one to arrive with it: line ends of all kinds
// around dots, commands behind them, NUL, long lines. Starts with a header of its own.
inline std::string MutantMail(size_t number, std::mt19937& random) {
  static const std::vector<std::string> pieces = {
      "\n",
      "\r",
      "\r\n",
      ".",
      "..",
      "\n.\n",
      "\n.\r\n",
      "\r.\r",
      "\r\n.\r",
      "\r\n.\n",
      "\r\n.\r\n",
      "\n\n.\r\n",
      "\r\r\n",
      "\n\r",
      "\r\n\r\n",
      "\r\n..\r\n",
      std::string(1, '\0'),
      std::string("\r\n.\0\r\n", 6),
      std::string("\r\n\0.\r\n", 6),
      std::string("\r\0\n.\r\n", 6),
      "\x1a",
      "\x85.\x85",
      "\xe2\x80\xa8.\xe2\x80\xa8",
      "ö",
      "\xff",
      "plain words",
      " ",
      "\t.",
      "MAIL FROM:<eve@mail.test>\r\nRCPT TO:<victim@mail.test>\r\nDATA\r\nSubject: smuggled\r\n"
      "\r\nboo\r\n.\r\n",
      "mail from:<eve@mail.test>\nrcpt to:<victim@mail.test>\ndata\nSubject: smuggled\n\nboo\n.\n",
      "BDAT 5 LAST\r\nboo\r\n",
      "RSET\r\n",
      "QUIT\r\n"};
  const auto below = [&random](size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random);
  };
  std::string mail =
      absl::StrCat("Subject: mutant ", number,
                   "\r\nFrom: ann@mail.test\r\nTo: bob@mail.test\r\nX-Mutant: yes\r\n");
  // Once in a while where the header still goes on.
  if (below(4) != 0) mail += "\r\n";
  for (size_t left = 1 + below(40); left > 0; --left) {
    if (below(12) == 0) {
      mail += std::string(950 + below(1200), "x."[below(2)]);
    } else {
      mail += pieces[below(pieces.size())];
    }
  }
  return mail;
}

// `text` in pieces that end anywhere.
inline std::vector<std::string> CutAnywhere(const std::string& text, std::mt19937& random) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t most = std::uniform_int_distribution<int>(0, 1)(random) == 0 ? 4 : text.size();
    const size_t size = std::uniform_int_distribution<size_t>(1, most)(random);
    pieces.push_back(text.substr(at, size));
    at += size;
  }
  return pieces;
}

}  // namespace postern::testing
