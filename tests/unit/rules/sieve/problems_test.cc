#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules::sieve {
namespace {

std::string Told(absl::string_view source, const CompileOptions& options = {}) {
  std::string all;
  for (const Problem& problem : Compile(source, options).problems)
    absl::StrAppend(&all, problem.at.line, ":", problem.at.column, ": ",
                    problem.warning ? "warning: " : "", problem.text, "\n");
  return all;
}

TEST(SieveProblems, NameWhatWhereAndWhatToDo) {
  struct {
    const char* source;
    const char* problems;
  } const cases[] = {
      {"frob;", "1:1: unknown command 'frob'\n"},
      {"if frob {}", "1:4: unknown test 'frob'\n"},
      {"if keep {}", "1:4: you can't use command 'keep' as a test\n"},
      {"exists \"a\";", "1:1: you can't use test 'exists' as a command; write if exists … { … }\n"},
      {"fileinto \"A\";",
       "1:1: the fileinto command needs the extension \"fileinto\"; write require \"fileinto\"; "
       "at the top of the script\n"},
      {"keep :flags \"a\";",
       "1:6: ':flags' needs the extension \"imap4flags\"; write require \"imap4flags\"; at the "
       "top of the script\n"},
      {"require \"frob\";", "1:9: unknown extension \"frob\": Postern does not support it\n"},
      {"keep;\nrequire \"copy\";",
       "2:1: require stands at the top of a script, before all other commands\n"},
      {"require \"vnd.postern.exec\";",
       "1:9: the extension \"vnd.postern.exec\" is for operators' rules only\n"},
      {"keep \"x\";", "1:6: the keep command takes 0 positional arguments, but 1 is specified\n"},
      {"redirect;",
       "1:1: the redirect command requires 1 positional argument, but 0 are specified\n"},
      {"redirect 5;",
       "1:10: the redirect command expects a string as argument 1 (address), but a number was "
       "found\n"},
      {"redirect \"a@b.c\"\nkeep;",
       "2:1: missing semicolon after the redirect command, before \"keep\"\n"},
      {"redirect \"a@b.c\" true;",
       "1:18: the redirect command accepts no sub-tests, but one is specified\n"},
      {"if header is \"a\" \"b\" {}",
       "1:4: the header test requires 2 positional arguments, but 0 are specified\n"
       "1:11: missing colon before \"is\": it is a tag of the header test\n"},
      {"keep { }", "1:1: the keep command takes no block; it ends with a semicolon\n"},
      {"if size :frob 5 {}",
       "1:9: unknown tagged argument ':frob' for the size test (there are ':over', ':under')\n"},
      {"stop :frob;",
       "1:6: unknown tagged argument ':frob' for the stop command (it takes none)\n"},
      {"if header \"a\" :is \"b\" {}",
       "1:15: unexpected ':is' for the header test: tags stand before the other arguments\n"},
      {"if header :is :contains \"a\" \"b\" {}",
       "1:15: ':contains' can't stand beside ':is': the header test takes one match type\n"},
      {"if header :is :is \"a\" \"b\" {}", "1:15: ':is' stands twice in the header test\n"},
      {"if header :comparator 1 \"a\" \"b\" {}",
       "1:11: ':comparator' of the header test needs a string after it, not a number\n"},
      {"if header :comparator \"i;frob\" \"a\" \"b\" {}",
       "1:23: unknown comparator \"i;frob\"; there are i;octet, i;ascii-casemap, i;ascii-numeric "
       "and i;unicode-casemap\n"},
      {"require \"comparator-i;ascii-numeric\"; if header :contains :comparator "
       "\"i;ascii-numeric\" \"a\" \"1\" {}",
       "1:42: the comparator \"i;ascii-numeric\" can't be used with ':contains': it compares "
       "numbers only\n"},
      {"require \"relational\"; if header :value \"gr\" \"a\" \"b\" {}",
       "1:40: \"gr\" is no relation; there are gt, ge, lt, le, eq and ne\n"},
      {"if header \"from:\" \"b\" {}",
       "1:11: warning: the header field name \"from:\" is invalid: it has no blank and no colon, "
       "and is ASCII\n"},
      {"if address \"subject\" \"b\" {}",
       "1:12: header 'subject' is not allowed for the address test: it holds no addresses; use the "
       "header test\n"},
      {"if size 5 {}", "1:4: the size test needs ':over' or ':under' before its number\n"},
      {"redirect \"ann\";",
       "1:10: \"ann\" is no mail address; write one, as in \"ann@example.org\"\n"},
      {"require \"regex\"; if header :regex \"a\" \"(\" {}",
       "1:39: the regular expression can't be used: a \"(\" has no \")\"\n"},
      {"require \"regex\"; if header :regex \"a\" \"(a)\\\\1\" {}",
       "1:39: the regular expression can't be used: back-references such as \\1 are not supported "
       "(character 4)\n"},
      {"require \"date\"; if currentdate \"hours\" \"1\" {}",
       "1:32: \"hours\" is no part of a date; there are year, month, day, date, julian, hour, "
       "minute, second, time, "
       "iso8601, std11, zone, weekday\n"},
      {"require \"enotify\"; notify \"tel:5\";",
       "1:27: the notification method \"tel\" is unknown; there are xmpp, mailto and https\n"},
      {"require \"imap4flags\"; addflag \"\\\\Frob\";",
       "1:31: \"\\Frob\" is no flag; there are \\Seen, \\Answered, \\Flagged, \\Deleted, \\Draft "
       "and words of your own "
       "without a backslash\n"},
      {"require \"variables\"; set \"1a\" \"x\";",
       "1:26: \"1a\" can't name a variable: a name is made of letters, digits and _, and begins "
       "with no digit\n"},
      {"require \"variables\"; set \"1\" \"x\";",
       "1:26: \"1\" is a match value, which only a test can set\n"},
      {"require \"variables\"; set \"a\" \"${x.y}\";",
       "1:30: there are no variables \"x.y\": the only namespace that can be set is \"global\"\n"},
      {"require \"variables\"; set \"a\" \"${33}\";",
       "1:30: ${33} is beyond the last match value, ${32}\n"},
      {"require [\"vacation\"]; vacation :days 90 \"x\";",
       "1:38: warning: the vacation command takes 1 to 60 days; 60 is what counts\n"},
      {"else {}", "1:1: this else has no if before it\n"},
      {"elsif true {} elsif true {} else {}", "1:1: this elsif has no if before it\n"},
      {"if true {} else if true {}",
       "1:17: the else command takes no test; write elsif for another condition\n"},
      {"if true;", "1:1: the if command needs a block in { } after it\n"},
      {"if {}", "1:1: the if command needs a test after it\n"},
      {"if (true, false) {}",
       "1:1: the if command takes one test; join several by allof or anyof\n"},
      {"if not {}", "1:4: the not test needs a test after it\n"},
      {"if true \"x\" {}", "1:9: the true test takes no arguments\n"},
      {"require [\"extracttext\", \"variables\"];",
       "1:10: the extension \"extracttext\" needs the extension \"foreverypart\"; write require "
       "\"foreverypart\"; at the top of the script\n"},
      {"require \"foreverypart\"; break;", "1:25: break stands inside a foreverypart only\n"},
      {"require \"encoded-character\"; redirect \"${unicode:D800}\";",
       "1:39: ${unicode:D800} is no character\n"},
      {"require \"redirect-dsn\"; redirect :ret \"full\" :notify \"delay,never\" \"a@b.c\";",
       "1:54: ':notify' of the redirect command is \"NEVER\", or some of SUCCESS, FAILURE and "
       "DELAY, "
       "joined by commas\n"},
      {"require \"vnd.postern.hold\"; hold :until \"25:00\";",
       "1:41: the hold command needs ':until' and a time, as in \"07:00\", \"MO 08:00\" or "
       "\"2026-12-24T08:00\"\n"},
      {"require \"vnd.postern.hold\"; hold :until \"MO 08:00\"; hold :until \"2026-12-24T08:00\";",
       ""},
      {"require \"vnd.postern.deliver\"; deliver :mode \"x\";",
       "1:46: a mail is delivered in the mode \"full\", \"headers\", \"digest\" or \"none\"\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    EXPECT_EQ(Told(c.source), c.problems);
  }
}

TEST(SieveProblems, AreAllToldAtOnce) {
  const struct {
    const char* source;
    const char* problems;
  } cases[] = {
      {"require [\"nonsense\"];\nkeep",
       "1:10: unknown extension \"nonsense\": Postern does not support it\n"
       "2:5: missing semicolon after the keep command, before the end of the script\n"},
      {"frob;\nif size :over { keep; }\nredirect ];\nstop 5;",
       "1:1: unknown command 'frob'\n"
       "2:4: the size test requires 1 positional argument, but 0 are specified\n"
       "3:10: missing semicolon after the redirect command, before \"]\"\n"
       "4:6: the stop command takes 0 positional arguments, but 1 is specified\n"},
      {"require [\"fileinto\";\nfileinto \"a\";\nfrob;",
       "1:20: the list that begins in line 1 needs \",\" or \"]\" here, not \";\"\n"
       "3:1: unknown command 'frob'\n"},
      {"require \"fileinto\"\nfileinto \"a\";\nfileinto \"b\";",
       "2:1: missing semicolon after the require command, before \"fileinto\"\n"},
      {"if header ] { keep; } else { frob; }\nfrab;",
       "1:11: missing semicolon after the if command, before \"]\"\n"
       "1:30: unknown command 'frob'\n2:1: unknown command 'frab'\n"},
      {"if true { keep; }; elsif true { keep; } else { keep; }\nfrob;",
       "1:18: a command is expected here, not \";\"\n2:1: unknown command 'frob'\n"},
      {"require [\"vnd.postern.exec\", \"vnd.postern.log\"];\nexec \"a\"; exec \"b\"; log \"c\";",
       "1:10: the extension \"vnd.postern.exec\" is for operators' rules only\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    EXPECT_EQ(Told(c.source), c.problems);
  }
}

// Where something is sent is not for a mail to say.
TEST(SieveProblems, RefuseTargetsOutOfTheMail) {
  constexpr absl::string_view kRequire =
      "require [\"variables\", \"enotify\", \"extlists\", \"foreverypart\", \"extracttext\", "
      "\"environment\", \"imap4flags\"];";
  struct {
    const char* source;
    bool refused;
  } const cases[] = {
      {"set \"a\" \"b@c.de\"; redirect \"${a}\";", false},
      {"if header :matches \"from\" \"*\" { redirect \"${1}\"; }", true},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; } redirect \"${a}\";", true},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; set \"b\" \"${a}\"; } redirect "
       "\"${b}@x.de\";",
       true},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; } set \"a\" \"b@c.de\"; redirect "
       "\"${a}\";",
       false},
      {"if header :matches \"from\" \"*\" { set :length \"a\" \"${1}\"; } redirect \"b${a}@c.de\";",
       false},
      {"if header :matches \"from\" \"*\" { notify \"xmpp:${1}\"; }", true},
      {"if header :matches \"from\" \"*\" { notify :message \"${1}\" \"xmpp:a@b.c\"; }", false},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; if string :list \"${a}\" \"x\" { "
       "redirect \"${a}\"; } }",
       false},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; if not string :list \"${a}\" \"x\" "
       "{ redirect \"${a}\"; } }",
       true},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; if anyof (true, string :list "
       "\"${a}\" \"x\") { redirect \"${a}\"; } }",
       true},
      {"if header :matches \"from\" \"*\" { set \"a\" \"${1}\"; if string :list \"${a}\" \"x\" { "
       "keep; } redirect \"${a}\"; }",
       true},
      {"if allof (header :matches \"from\" \"*\", string :list \"${1}\" \"x\") { redirect "
       "\"${1}\"; }",
       false},
      {"if allof (string :list \"${1}\" \"x\", header :matches \"from\" \"*\") { redirect "
       "\"${1}\"; }",
       true},
      {"if environment :matches \"x\" \"*\" { redirect \"${1}\"; }", false},
      {"foreverypart { redirect \"${a}\"; extracttext \"a\"; }", true},
      {"foreverypart { if header :matches \"a\" \"*\" { keep; } redirect \"${1}\"; }", true},
      {"foreverypart { redirect \"${a}\"; if header :matches \"a\" \"*\" { addflag \"a\" "
       "\"${1}\"; } }",
       true},
      // A loop may run no times, or be left in the middle.
      {"if header :matches \"a\" \"*\" { set \"a\" \"${1}\"; } foreverypart { foreverypart { set "
       "\"a\" \"b@c.de\"; } redirect \"${a}\"; }",
       true},
      {"foreverypart { if header :matches \"a\" \"*\" { set \"a\" \"${1}\"; break; } set \"a\" "
       "\"b@c.de\"; } redirect \"${a}\";",
       true},
      {"foreverypart { if header :matches \"a\" \"*\" { set \"b\" \"${1}\"; break; } set \"a\" "
       "\"b@c.de\"; } redirect \"${a}\";",
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const std::string told = Told(absl::StrCat(kRequire, c.source));
    EXPECT_EQ(absl::StrContains(told, "the mail itself must not say"), c.refused) << told;
    CompileOptions suite;
    suite.trust_mail = true;
    EXPECT_EQ(Told(absl::StrCat(kRequire, c.source), suite), "");
  }
}

// What an included script does with global variables counts each time that it is included.
TEST(SieveProblems, RefuseTargetsOutOfTheMailInIncludedScripts) {
  constexpr absl::string_view kHead =
      "require [\"variables\", \"include\", \"foreverypart\"]; global \"g\";";
  const std::map<std::string, std::string> scripts = {
      {"send", absl::StrCat(kHead, "redirect \"${g}\";")},
      {"take", absl::StrCat(kHead, "if header :matches \"a\" \"*\" { set \"g\" \"${1}\"; }")},
      {"leave", absl::StrCat(kHead,
                             "if header :matches \"a\" \"*\" { set \"g\" \"${1}\"; return; } "
                             "set \"g\" \"a@b.c\";")},
      {"set", absl::StrCat(kHead, "set \"g\" \"a@b.c\";")},
      {"pass", absl::StrCat(kHead, "global \"h\"; set \"h\" \"${g}\";")},
  };
  CompileOptions options;
  options.include = [&](absl::string_view name, bool) -> std::optional<std::string> {
    const auto found = scripts.find(std::string(name));
    return found == scripts.end() ? std::nullopt : std::optional(found->second);
  };
  struct {
    const char* source;
    bool refused;
  } const cases[] = {
      {"include \"set\"; include \"send\"; include \"set\"; include \"send\";", false},
      {"include \"take\"; include \"send\";", true},
      {"include \"set\"; include \"send\"; include \"take\"; include \"send\";", true},
      {"include \"set\"; include \"send\"; include \"take\"; include :once \"send\";", true},
      {"include \"take\"; set \"g\" \"a@b.c\"; include \"take\"; redirect \"${g}\";", true},
      {"include \"leave\"; redirect \"${g}\";", true},
      {"global \"h\"; include \"set\"; include \"pass\"; redirect \"${h}\";", false},
      {"global \"h\"; include \"set\"; include \"pass\"; include \"take\"; include \"pass\"; "
       "set \"h\" \"a@b.c\"; include \"pass\"; redirect \"${h}\";",
       true},
      {"foreverypart { include \"send\"; include \"take\"; }", true},
      {"foreverypart { include \"set\"; include \"send\"; }", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const std::string told = Told(absl::StrCat(kHead, c.source), options);
    EXPECT_EQ(absl::StrContains(told, "the mail itself must not say"), c.refused) << told;
    if (!c.refused) {
      EXPECT_EQ(told, "");
    }
  }
}

TEST(SieveProblems, CountsOfWhatAScriptMayHave) {
  std::string many = "require \"variables\";";
  for (int i = 0; i < 256; ++i) absl::StrAppend(&many, "set \"v", i, "\" \"\";");
  EXPECT_TRUE(absl::StrContains(Told(many), "the script has more than 255 variables"));
  EXPECT_TRUE(absl::StrContains(Told("require \"foreverypart\"; foreverypart { foreverypart { "
                                     "foreverypart { foreverypart { foreverypart { } } } } }"),
                                "foreverypart loops are nested deeper than 4"));
  std::string annotations = "\"/a\"";
  for (int i = 1; i < 21; ++i) annotations += ", \"/a\"";
  EXPECT_TRUE(
      absl::StrContains(Told(absl::StrCat("require \"mboxmetadata\"; if metadataexists \"A\" [",
                                          annotations, "] {}")),
                        "the metadataexists test takes 20 annotation names at most"));
}

TEST(SieveProblems, ExpressionsAreCountedToo) {
  std::string rule = "require \"regex\"; if header :regex \"a\" [\"x\"";
  for (int i = 1; i < 2000; ++i) rule += ",\"x\"";
  EXPECT_EQ(Told(rule + "] {}"), "");
  EXPECT_TRUE(absl::StrContains(Told(rule + ",\"x\"] {}"),
                                "the script has more than 2000 regular expressions"));
}

TEST(SieveProblems, AnErrorIsToldEvenAfterFiftyWarnings) {
  std::string source = "require \"vacation\";";
  for (int i = 0; i < 60; ++i) source += "vacation :days 99 \"x\";";
  const Compiled compiled = Compile(source + "frob;", CompileOptions());
  EXPECT_EQ(compiled.program, nullptr);
  EXPECT_EQ(compiled.problems.size(), 50u);
  EXPECT_FALSE(FirstError(compiled.problems).ok());
}

TEST(SieveExtensions, AreInOrder) {
  const auto& names = Extensions();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const std::string& name : names)
    EXPECT_EQ(Told(absl::StrCat("require [\"foreverypart\", \"variables\", \"", name, "\"];")), "");
}

}  // namespace
}  // namespace postern::rules::sieve
