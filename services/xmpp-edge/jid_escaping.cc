#include "services/xmpp-edge/jid_escaping.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::xmpp_edge {

namespace {

struct Escape {
  char character;
  absl::string_view code;
};

// XEP-0106 section 3, table 1.
constexpr Escape kEscapes[] = {{' ', "\\20"}, {'"', "\\22"}, {'&', "\\26"}, {'\'', "\\27"},
                               {'/', "\\2f"}, {':', "\\3a"}, {'<', "\\3c"}, {'>', "\\3e"},
                               {'@', "\\40"}, {'\\', "\\5c"}};

const Escape* EscapeAt(absl::string_view text) {
  if (text.size() < 3 || text[0] != '\\') return nullptr;
  for (const Escape& escape : kEscapes) {
    if (absl::EqualsIgnoreCase(text.substr(0, 3), escape.code)) return &escape;
  }
  return nullptr;
}

std::optional<mail::Address> SplitAt(absl::string_view spec, size_t at) {
  if (at == absl::string_view::npos || at == 0 || at + 1 == spec.size()) return std::nullopt;
  auto address = mail::ParseAddress(
      mail::Address{"", std::string(spec.substr(0, at)), absl::AsciiStrToLower(spec.substr(at + 1))}
          .Spec());
  if (!address.ok()) return std::nullopt;
  return *std::move(address);
}

}  // namespace

std::string EscapeLocalpart(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    absl::string_view written = text.substr(i, 1);
    for (const Escape& escape : kEscapes) {
      if (text[i] != escape.character) continue;
      // A backslash stands for itself unless it would read as an escape.
      if (text[i] != '\\' || EscapeAt(text.substr(i)) != nullptr) written = escape.code;
    }
    absl::StrAppend(&out, written);
  }
  return out;
}

std::string UnescapeLocalpart(absl::string_view local) {
  std::string out;
  for (size_t i = 0; i < local.size(); ++i) {
    const Escape* escape = EscapeAt(local.substr(i));
    // XEP-0106 section 4.2: \20 is neither the first nor the last of a localpart.
    const bool edge =
        escape != nullptr && escape->character == ' ' && (i == 0 || i + 3 == local.size());
    if (escape == nullptr || edge) {
      out.push_back(local[i]);
      continue;
    }
    out.push_back(escape->character);
    i += 2;
  }
  return out;
}

std::optional<mail::Address> AddressOfLocalpart(absl::string_view local) {
  if (absl::AsciiStrToLower(local).find("\\40") != std::string::npos) {
    const std::string spec = UnescapeLocalpart(local);
    return SplitAt(spec, spec.rfind('@'));
  }
  return SplitAt(local, local.rfind('%'));
}

std::string LocalpartOfAddress(const mail::Address& address) {
  return EscapeLocalpart(absl::StrCat(address.local_part, "@", address.domain));
}

}  // namespace postern::xmpp_edge
