#include "services/xmpp-edge/rule_line.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/rule_commands.h"

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

constexpr size_t kMaxBytes = 500;
constexpr absl::string_view kNumberWords = "one two three four five six seven eight nine ten";

// One line, one blank between words, hyphens for the dashes that phones make of them.
std::string Tidy(absl::string_view body) {
  body = absl::StripAsciiWhitespace(body);
  if (body.empty() || body.size() > kMaxBytes || absl::StrContains(body, '\n')) return "";
  while (absl::EndsWith(body, ".") || absl::EndsWith(body, "!")) {
    body = absl::StripTrailingAsciiWhitespace(body.substr(0, body.size() - 1));
  }
  const std::string dashes = absl::StrReplaceAll(body, {{"–", "-"}, {"—", "-"}, {"\u00a0", " "}});
  const std::vector<std::string> parts = absl::StrSplit(dashes, ' ', absl::SkipEmpty());
  return absl::StrJoin(parts, " ");
}

// "why?" is "why", and "¿por qué?" what it is in Spanish.
absl::string_view WithoutQuestionMarks(absl::string_view line) {
  absl::ConsumePrefix(&line, "¿");
  while (absl::ConsumeSuffix(&line, "?")) line = absl::StripTrailingAsciiWhitespace(line);
  return line;
}

// Takes words off the front of a line.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  bool Take(absl::string_view english, const std::string& translated) {
    if (TakePhrase(english)) return true;
    for (const absl::string_view spelling : absl::StrSplit(translated, '|')) {
      if (TakePhrase(spelling)) return true;
    }
    return false;
  }
  // Off the end.
  bool TakeLast(absl::string_view english, const std::string& translated) {
    const size_t blank = rest_.rfind(' ');
    Reader last(blank == rest_.npos ? rest_ : rest_.substr(blank + 1));
    if (!last.Take(english, translated) || !last.rest_.empty()) return false;
    rest_ = blank == rest_.npos ? "" : rest_.substr(0, blank);
    return true;
  }
  bool AtEnd() const { return rest_.empty(); }
  std::string Rest() const { return std::string(rest_); }

 private:
  bool TakePhrase(absl::string_view phrase) {
    if (phrase.empty() || !absl::StartsWithIgnoreCase(rest_, phrase)) return false;
    const absl::string_view behind = rest_.substr(phrase.size());
    if (!behind.empty() && behind.front() != ' ') return false;
    rest_ = absl::StripLeadingAsciiWhitespace(behind);
    return true;
  }

  absl::string_view rest_;
};

RuleLine Make(Verb verb, std::string argument = "") {
  RuleLine line;
  line.verb = verb;
  line.argument = std::move(argument);
  return line;
}

RuleLine Numbered(Verb verb, const std::string& text) {
  RuleLine line = Make(verb);
  line.number_text = text;
  uint32_t number = 0;
  if (absl::SimpleAtoi(text, &number)) line.number = number;
  return line;
}

RuleLine ReadRules(Reader reader, const Words& words) {
  if (reader.AtEnd()) return Make(Verb::kList);
  if (reader.Take("try", texts::KeywordTry(words))) return Make(Verb::kTry, reader.Rest());
  if (reader.Take("apply", texts::KeywordApply(words))) return Make(Verb::kApply, reader.Rest());
  const bool sieve = reader.Take("sieve", "");
  const bool all = !sieve && reader.Take("export", texts::KeywordExport(words));
  if (!reader.AtEnd() || (!sieve && !all)) return Make(Verb::kHelp);
  return Make(sieve ? Verb::kSieve : Verb::kExport);
}

RuleLine ReadRule(Reader reader, const Words& words) {
  if (reader.AtEnd()) return Make(Verb::kPropose);
  const struct {
    const char* english;
    std::string translated;
    Verb verb;
  } known[] = {{"delete", texts::KeywordDelete(words), Verb::kDelete},
               {"remove", "", Verb::kDelete},
               {"up", texts::KeywordUp(words), Verb::kUp},
               {"down", texts::KeywordDown(words), Verb::kDown},
               {"on", texts::KeywordOn(words), Verb::kOn},
               {"off", texts::KeywordOff(words), Verb::kOff},
               {"copy", texts::KeywordCopy(words), Verb::kCopy}};
  for (const auto& one : known) {
    if (!reader.Take(one.english, one.translated)) continue;
    return reader.AtEnd() ? Make(Verb::kHelp) : Numbered(one.verb, reader.Rest());
  }
  const RuleLine shown = Numbered(Verb::kShow, reader.Rest());
  return shown.number == 0 ? Make(Verb::kHelp) : shown;
}

RuleLine OfSender(Verb verb, Reader reader, const Words& words) {
  RuleLine line = Make(verb);
  line.this_sender = reader.Take("this sender", texts::KeywordThisSender(words));
  line.argument = reader.Rest();
  return line;
}

// "vip ann@example.org", "vip off ann@example.org", "vip ann@example.org off".
RuleLine ReadVip(Reader reader, const Words& words) {
  const std::string off = texts::KeywordOff(words);
  const bool ends = reader.Take("off", off) || reader.TakeLast("off", off);
  return OfSender(ends ? Verb::kUnvip : Verb::kVip, reader, words);
}

RuleLine ReadContactsOnly(Reader reader, const Words& words) {
  if (reader.AtEnd() || (reader.Take("on", texts::KeywordOn(words)) && reader.AtEnd())) {
    return Make(Verb::kContactsOnly);
  }
  const bool off = reader.Take("off", texts::KeywordOff(words)) && reader.AtEnd();
  return Make(off ? Verb::kNotContactsOnly : Verb::kHelp);
}

RuleLine ReadQuiet(Reader reader, const Words& words) {
  Reader off = reader;
  if (off.Take("off", texts::KeywordOff(words)) && off.AtEnd()) return Make(Verb::kQuiet, "off");
  return Make(Verb::kQuiet, reader.Rest());
}

std::optional<RuleLine> ReadWhy(Reader reader, const Words& words) {
  if (reader.AtEnd()) return Make(Verb::kWhy);
  if (!reader.Take("not", texts::KeywordNot(words))) return std::nullopt;
  return Make(Verb::kWhyNot, reader.Rest());
}

RuleLine ReadQuarantine(Reader reader, const Words& words) {
  if (reader.AtEnd()) return Make(Verb::kQuarantine);
  reader.Take("release", texts::KeywordRelease(words));
  return Numbered(Verb::kRelease, reader.Rest());
}

std::optional<RuleLine> ReadSieve(Reader reader, const Words& words) {
  if (!reader.Take("password", "")) return std::nullopt;
  if (reader.AtEnd()) return Make(Verb::kSievePassword);
  if (!reader.Take("off", texts::KeywordOff(words)) || !reader.AtEnd()) return std::nullopt;
  return Make(Verb::kNoSievePassword);
}

// "two"; 0: it is no number's word.
size_t NumberOfWord(absl::string_view said, const Words& words) {
  const std::string local = texts::NumberWords(words);
  for (const absl::string_view all : {kNumberWords, absl::string_view(local)}) {
    size_t number = 0;
    for (const absl::string_view spellings : absl::StrSplit(all, ' ', absl::SkipEmpty())) {
      ++number;
      for (const absl::string_view one : absl::StrSplit(spellings, '|')) {
        if (absl::EqualsIgnoreCase(said, one)) return number;
      }
    }
  }
  return 0;
}

std::optional<RuleLine> ReadAnswer(Reader reader, const Words& words) {
  Reader yes = reader, no = reader, none = reader;
  if (yes.Take("yes", texts::KeywordYes(words)) && yes.AtEnd()) return Make(Verb::kYes);
  if (no.Take("no", texts::KeywordNo(words)) && no.AtEnd()) return Make(Verb::kNo);
  // What many say to a list of rules.
  if (none.Take("none", texts::KeywordNo(words)) && none.AtEnd()) return Make(Verb::kNo);
  const std::string all = reader.Rest();
  const size_t blank = all.find(' ');
  RuleLine choice = Numbered(Verb::kChoice, all.substr(0, blank));
  if (choice.number == 0) choice.number = NumberOfWord(all, words);
  if (choice.number == 0) return std::nullopt;
  if (blank != std::string::npos) choice.argument = all.substr(blank + 1);
  return choice;
}

}  // namespace

std::optional<RuleLine> ReadRuleLine(absl::string_view body, const Words& words) {
  const std::string tidy = Tidy(body);
  if (tidy.empty()) return std::nullopt;
  Reader reader(tidy);
  if (reader.Take("rules", texts::KeywordRules(words))) return ReadRules(reader, words);
  if (reader.Take("rule", texts::KeywordRule(words))) return ReadRule(reader, words);
  if (reader.Take("mute", texts::KeywordMute(words))) return OfSender(Verb::kMute, reader, words);
  if (reader.Take("unmute", texts::KeywordUnmute(words))) {
    return OfSender(Verb::kUnmute, reader, words);
  }
  if (reader.Take("vip", texts::KeywordVip(words))) return ReadVip(reader, words);
  if (reader.Take("only from my contacts", texts::KeywordContactsOnly(words))) {
    return ReadContactsOnly(reader, words);
  }
  if (reader.Take("quiet", texts::KeywordQuiet(words))) return ReadQuiet(reader, words);
  Reader question(WithoutQuestionMarks(tidy));
  if (question.Take("why", texts::KeywordWhy(words))) return ReadWhy(question, words);
  if (reader.Take("quarantine", texts::KeywordQuarantine(words))) {
    return ReadQuarantine(reader, words);
  }
  if (reader.Take("sieve", "")) return ReadSieve(reader, words);
  return ReadAnswer(reader, words);
}

}  // namespace postern::xmpp_edge
