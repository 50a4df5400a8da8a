#include "services/admin/host_syntax.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "lib/words/wording.h"

namespace postern::admin {
namespace {

absl::Status Wrong(const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason);
}

bool IsAddress(int family, const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

bool IsLabel(absl::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
    return false;
  }
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

}  // namespace

absl::StatusOr<std::string> NormalizeHost(absl::string_view host) {
  absl::string_view text = absl::StripAsciiWhitespace(host);
  if (text.empty()) return Wrong(words::Word("must not be empty"));
  if (text.size() > 1 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  std::string name = absl::AsciiStrToLower(text);
  if (IsAddress(AF_INET, name) || IsAddress(AF_INET6, name)) return name;
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (std::any_of(name.begin(), name.end(), [](char c) { return !absl::ascii_isascii(c); })) {
    return Wrong(words::Word("must be written in ASCII, an international name as $0", "xn--…"));
  }
  const std::vector<absl::string_view> labels = absl::StrSplit(name, '.');
  const bool is_name = name.size() <= 253 && std::all_of(labels.begin(), labels.end(), IsLabel);
  const bool looks_like_ipv4 =
      std::all_of(labels.back().begin(), labels.back().end(), absl::ascii_isdigit);
  if (!is_name || looks_like_ipv4) {
    return Wrong(words::Word("must be the name of a mail server, like $0", "mail.example.org"));
  }
  return name;
}

}  // namespace postern::admin
