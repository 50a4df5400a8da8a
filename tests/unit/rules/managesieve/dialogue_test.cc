// Plays the scripts of tests/dialogue/managesieve against Session; the README there says what is in
// them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/rules/managesieve/session.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"
#include "tests/unit/rules/managesieve/fake_storage.h"

namespace postern::rules::managesieve {
namespace {

struct Dialogue {
  std::string name, script;
  bool encrypted = true, start_tls = true, plaintext = false;
  std::vector<std::pair<std::string, std::string>> scripts;  // at first
  std::string active;
  bool suspended = false, away = false;
  std::string leaves;  // "name1 name2*": what is stored at the end; * is active
};

const Offer& TestOffer() {
  static const auto& offer = *new Offer{"test", {"fileinto"}, {"xmpp"}, 4};
  return offer;
}

void ReadDirective(Dialogue& d, absl::string_view line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  if (words[0] == "clear") d.encrypted = false;
  if (words[0] == "no-certificate") d.start_tls = false;
  if (words[0] == "allow-plaintext-auth") d.plaintext = true;
  if (words[0] == "stored")
    d.scripts.emplace_back(words[1], absl::StrJoin(words.begin() + 2, words.end(), " "));
  if (words[0] == "active") d.active = words[1];
  if (words[0] == "suspended") d.suspended = true;
  if (words[0] == "redis-is-away") d.away = true;
  if (words[0] == "leaves") d.leaves = absl::StrJoin(words.begin() + 1, words.end(), " ");
}

// The lines behind "S= STATE", as a script has them.
std::string CapabilityLines(absl::string_view state) {
  const bool clear = state == "clear", open = state == "open", bare = state == "bare";
  Standing standing{clear || open, !clear, ""};
  if (bare) standing.start_tls = false;
  if (state == "ann") standing.owner = kAnn;
  std::string lines;
  for (absl::string_view line : absl::StrSplit(WriteCapabilities(TestOffer(), standing), "\r\n")) {
    if (!line.empty()) absl::StrAppend(&lines, "C: ", line, "\n");
  }
  return lines;
}

// The stream's scripts are those of a client under test: here we are the server.
std::string TurnRound(absl::string_view script) {
  std::string turned;
  for (absl::string_view line : absl::StrSplit(script, '\n')) {
    if (absl::ConsumePrefix(&line, "S= ")) {
      turned += CapabilityLines(line);
    } else if (absl::StartsWith(line, "S:")) {
      absl::StrAppend(&turned, "C", line.substr(1), "\n");
    } else if (absl::StartsWith(line, "C:") || absl::StartsWith(line, "C- ")) {
      absl::StrAppend(&turned, "S", line.substr(1), "\n");
    } else {
      absl::StrAppend(&turned, line, "\n");
    }
  }
  return turned;
}

std::vector<Dialogue> AllDialogues() {
  std::vector<Dialogue> all;
  for (const auto& entry : std::filesystem::directory_iterator(POSTERN_DIALOGUES)) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    Dialogue& d = all.emplace_back();
    d.name = entry.path().stem();
    for (absl::string_view line : absl::StrSplit(text.str(), '\n')) {
      if (absl::ConsumePrefix(&line, "#! ")) ReadDirective(d, line);
    }
    d.script = TurnRound(text.str());
  }
  return all;
}

struct Played {
  std::string remaining, mismatch, leaves;
  size_t steps = 0;
};

Played Play(const Dialogue& d, std::optional<size_t> cut_after = std::nullopt) {
  testing::ScriptedStream stream(d.script, d.encrypted);
  if (cut_after) stream.CutAfter(*cut_after);
  FakeStorage storage;
  storage.active = d.active;
  storage.suspended = d.suspended;
  storage.away = d.away;
  for (const auto& [name, source] : d.scripts) storage.scripts[name] = source;
  Limits limits{LimitOptions()};
  SessionOptions options;
  options.offer = TestOffer();
  options.start_tls = d.start_tls;
  options.plaintext_logins = d.plaintext;
  options.address = "192.0.2.7";
  options.script_bytes = 1024;
  options.on_login = [](LoginOutcome, const std::string&) {};
  boost::asio::io_context io;
  {
    Session session(stream, storage, limits, options);
    testing::Await(io, session.Run());
  }
  Played played{stream.Remaining(), stream.mismatch(), "", stream.size()};
  std::vector<std::string> left;
  for (const auto& [name, source] : storage.scripts)
    left.push_back(absl::StrCat(name, name == storage.active ? "*" : ""));
  played.leaves = absl::StrJoin(left, " ");
  return played;
}

TEST(ManageSieveDialogue, IsPlayedToItsEnd) {
  const std::vector<Dialogue> all = AllDialogues();
  ASSERT_GT(all.size(), 20u);
  for (const Dialogue& d : all) {
    SCOPED_TRACE(d.name);
    const Played played = Play(d);
    EXPECT_EQ(played.mismatch, "");
    EXPECT_EQ(played.remaining, "");
    EXPECT_EQ(played.leaves, d.leaves);
  }
}

// The client hangs up anywhere: the session ends, and what was stored is whole.
TEST(ManageSieveDialogue, EndsWhereverItIsCut) {
  for (const Dialogue& d : AllDialogues()) {
    const size_t steps = Play(d).steps;
    for (size_t cut = 0; cut < steps; ++cut) {
      SCOPED_TRACE(absl::StrCat(d.name, " after ", cut));
      const Played played = Play(d, cut);
      EXPECT_EQ(played.mismatch, "");
      EXPECT_EQ(played.remaining, "");
    }
  }
}

}  // namespace
}  // namespace postern::rules::managesieve
