#pragma once

#include <string>

#include "absl/strings/string_view.h"

// What a server of ManageSieve answers. RFC 5804 sections 1.2, 1.3 and 4. Pure.
namespace postern::rules::managesieve {

struct Reply {
  enum class Result { kOk, kNo, kBye } result = Result::kOk;
  std::string code;  // "NONEXISTENT", "TAG \"x\""; may be empty
  std::string text;  // for people; lines end with LF; may be empty
};

Reply Ok(std::string text = "");
Reply No(std::string code, std::string text);
Reply Bye(std::string code, std::string text);

// A string as it goes out: quoted, or a literal where that can't be.
std::string Quote(absl::string_view text);
// As a literal in any case, as clients expect scripts.
std::string Literal(absl::string_view text);
// As lines, with the CRLF.
std::string ToText(const Reply& reply);

}  // namespace postern::rules::managesieve
