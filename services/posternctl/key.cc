#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"
#include "services/posternctl/nouns.h"

namespace postern::posternctl {
namespace {

constexpr size_t kMaxNameBytes = 64;

std::string CheckKeyName(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kMaxNameBytes &&
                    std::all_of(name.begin(), name.end(),
                                [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
  return good ? "" : "the name of a key is letters, digits and dashes";
}

absl::Status NewKey(Session& session, const std::string& name) {
  const std::string text = crypto::SecretBox::NewKeyLine(name);
  const absl::string_view line = absl::StripAsciiWhitespace(text);
  // Nothing in a key line needs escaping.
  session.out() << (session.json ? absl::StrCat("{\n \"key_line\": \"", line, "\"\n}")
                                 : std::string(line))
                << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddKey(Nouns& nouns) {
  CLI::App& key = nouns.AddNoun("key", "Keys that seal passwords at rest, and keys that sign mail");
  auto name = std::make_shared<std::string>("main");
  nouns
      .AddVerb(
          key, "new", "Print a line with a new key for a --master-key-file",
          "In a key file the first key seals and all of them open: to change keys, put the new\n"
          "line on top and keep the old ones. This needs no server.\n\n"
          "Example:\n  (umask 077; posternctl key new > /etc/postern/master.key)\n",
          [name](Session& session) { return NewKey(session, *name); })
      .add_option("NAME", *name, "of the key: letters, digits and dashes")
      ->check(CheckKeyName)
      ->capture_default_str();
  AddDkim(nouns, key);
}

}  // namespace postern::posternctl
