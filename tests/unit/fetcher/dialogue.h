#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/sasl/credentials.h"
#include "tests/support/scripted_stream.h"

namespace postern::testing {

// A file of tests/dialogue: a script, and in comments ("# outcome: OK") what to do and
// what to expect.
struct Dialogue {
  std::string name, script;
  std::map<std::string, std::string> facts;  // "outcome" -> "OK"

  std::string Fact(const std::string& key) const {
    const auto found = facts.find(key);
    return found == facts.end() ? "" : found->second;
  }
  ScriptedStream Stream() const { return ScriptedStream(script, Fact("connection") == "tls"); }
};

// Ann's password, or the token that "# token: ..." names.
inline sasl::Credentials CredentialsOf(const Dialogue& dialogue, const std::string& host) {
  sasl::Credentials credentials;
  credentials.login = "ann@example.org";
  credentials.host = host;
  credentials.port = 993;
  const std::string token = dialogue.Fact("token");
  if (!token.empty()) credentials.kind = sasl::Credentials::Kind::kAccessToken;
  credentials.secret = crypto::Secret(token.empty() ? "secret" : token);
  return credentials;
}

inline std::vector<Dialogue> AllDialogues(const std::string& folder) {
  std::vector<Dialogue> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    Dialogue dialogue;
    dialogue.name = entry.path().filename();
    dialogue.script = text.str();
    for (absl::string_view line : absl::StrSplit(dialogue.script, '\n')) {
      const std::vector<std::string> pair = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      if (!absl::ConsumePrefix(&line, "# ") || pair.size() != 2) continue;
      dialogue.facts[pair[0].substr(2)] = pair[1];
    }
    all.push_back(std::move(dialogue));
  }
  return all;
}

}  // namespace postern::testing
