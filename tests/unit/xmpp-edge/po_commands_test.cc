// What the catalogues tell users to type has to be understood in that language, and in its words.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/finger.h"
#include "services/xmpp-edge/rule_line.h"

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

struct Entry {
  std::string english;
  std::vector<std::string> translated;  // one, or one for each plural form
};

// Of a file as msgmerge writes it.
std::vector<Entry> ReadCatalogue(const std::filesystem::path& path) {
  std::vector<Entry> entries;
  std::ifstream file(path);
  std::string line;
  std::string* current = nullptr;
  while (std::getline(file, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "msgid ")) {
      current = &entries.emplace_back().english;
    } else if (absl::StartsWith(rest, "msgstr")) {
      current = &entries.back().translated.emplace_back();
      rest.remove_prefix(rest.find('"'));
    } else if (!absl::StartsWith(rest, "\"")) {
      current = nullptr;  // a plural's msgid has the same commands
    }
    std::string text;
    if (current == nullptr || !absl::CUnescape(rest.substr(1, rest.size() - 2), &text)) continue;
    current->append(text);
  }
  return entries;
}

// What stands in quotes, whatever they look like, and what stands before the dash in a line of
// help: "rules sieve, rules export - …".
std::vector<std::string> PhrasesOf(absl::string_view text) {
  std::vector<std::string> phrases;
  const std::vector<std::pair<absl::string_view, absl::string_view>> quotes = {
      {"\u201e", "\u201c"}, {"\u201e", "\u201d"}, {"\u00ab", "\u00bb"}, {"\"", "\""}};
  for (size_t at = 0; at < text.size(); ++at) {
    for (const auto& [open, close] : quotes) {
      if (!absl::StartsWith(text.substr(at), open)) continue;
      const size_t end = text.find(close, at + open.size());
      if (end == text.npos) continue;
      absl::string_view phrase = text.substr(at + open.size(), end - at - open.size());
      // French quotes stand apart.
      while (absl::ConsumePrefix(&phrase, "\u00a0") || absl::ConsumePrefix(&phrase, " ")) continue;
      while (absl::ConsumeSuffix(&phrase, "\u00a0") || absl::ConsumeSuffix(&phrase, " ")) continue;
      phrases.emplace_back(phrase);
      at = end + close.size() - 1;
      break;
    }
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == line.npos || absl::StartsWith(line, "operator ")) continue;
    for (const absl::string_view one : absl::StrSplit(line.substr(0, dash), ", ")) {
      phrases.emplace_back(one);
    }
  }
  return phrases;
}

// The words that commands consist of, in English.
const std::vector<std::string>& Keywords() {
  static const auto& all = *new std::vector<std::string>{
      "accounts", "apply",      "cancel", "check",    "consent", "copy", "delete", "down",
      "errors",   "export",     "help",   "language", "mute",    "not",  "off",    "on",
      "outbox",   "quarantine", "quiet",  "release",  "remove",  "rule", "rules",  "sending",
      "times",    "try",        "unmute", "up",       "vip",     "why",  "wide",   "yes"};
  return all;
}

std::string Local(const std::string& english, const Words& words) {
  return words.Say(english.c_str());
}

// Which command that is, in a language: the same text for the same command; empty: none.
std::string CommandOf(const std::string& phrase, const Words& words) {
  if (IsHelpRequest(phrase, words)) return "help";
  if (ReadFingerLine(phrase, words)) return "finger";
  const std::string first = phrase.substr(0, phrase.find(' '));
  for (const char* word : {"accounts", "cancel", "check", "consent", "errors", "language", "outbox",
                           "remove", "sending", "times"}) {
    if (IsKeyword(first, word, Local(word, words))) return word;
  }
  const auto line = ReadRuleLine(phrase, words);
  if (!line || line->verb == Verb::kChoice || line->verb == Verb::kHelp) return "";
  const bool off = line->verb == Verb::kQuiet && line->argument == "off";
  return absl::StrCat("rules ", static_cast<int>(line->verb), " ", line->number,
                      line->this_sender ? " this sender" : "", off ? " off" : "");
}

std::multiset<std::string> CommandsOf(absl::string_view text, const Words& words) {
  std::multiset<std::string> commands;
  for (const std::string& phrase : PhrasesOf(text)) {
    const std::string command = CommandOf(phrase, words);
    if (!command.empty()) commands.insert(command);
  }
  return commands;
}

// An English word in a command where the language has one of its own; empty: none.
std::string EnglishWordIn(const std::string& phrase, const Words& words) {
  for (const std::string& word : Keywords()) {
    bool own = false;
    for (const absl::string_view spelling : absl::StrSplit(Local(word, words), '|')) {
      own = own || spelling == word;
    }
    for (const absl::string_view said : absl::StrSplit(phrase, ' ')) {
      bool means_another = false;  // "no" is Spanish for "off"
      for (const std::string& other : Keywords()) {
        means_another =
            means_another || (other != word && IsKeyword(said, "", Local(other, words)));
      }
      if (said == word && !own && !means_another) return word;
    }
  }
  return "";
}

TEST(Catalogues, TellCommandsInTheWordsOfTheirLanguage) {
  const Words english("en");
  for (const std::string& language : Words::Languages()) {
    if (language == "en") continue;
    const Words words(language);
    size_t found = 0;
    for (const Entry& entry :
         ReadCatalogue(absl::StrCat(POSTERN_CATALOGUES, "/", language, ".po"))) {
      const auto wanted = CommandsOf(entry.english, english);
      if (wanted.empty()) continue;
      found += wanted.size();
      for (const std::string& text : entry.translated) {
        SCOPED_TRACE(absl::StrCat(language, ": ", text));
        EXPECT_EQ(absl::StrJoin(CommandsOf(text, words), "; "), absl::StrJoin(wanted, "; "));
        for (const std::string& phrase : PhrasesOf(text)) {
          if (CommandOf(phrase, words).empty()) continue;
          EXPECT_EQ(EnglishWordIn(phrase, words), "") << phrase;
        }
      }
    }
    EXPECT_GT(found, 50u) << language << ": the file was read";
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
