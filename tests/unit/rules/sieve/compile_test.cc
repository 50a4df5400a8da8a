#include "services/rules/sieve/compile.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::rules::sieve {
namespace {

std::string Told(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) absl::StrAppend(&all, ToString(problem), "\n");
  return all;
}

std::string Listed(absl::string_view source, const CompileOptions& options = {}) {
  const Compiled compiled = Compile(source, options);
  return compiled.program == nullptr ? Told(compiled.problems) : Listing(*compiled.program);
}

TEST(SieveCompile, MakesCode) {
  struct {
    const char* name;
    const char* source;
    const char* listing;
  } const cases[] = {
      {"nothing", "", "0: stop\n"},
      {"actions", "keep; discard; stop;", "0: do keep\n1: do discard\n2: stop\n3: stop\n"},
      {"one test", "if header :contains \"subject\" [\"a\", \"b\"] { discard; }",
       "rule 0-3 line 1\n0: test header :contains \"subject\" [\"a\", \"b\"]\n1: jump-if-false 3\n"
       "2: do discard\n3: stop\n"},
      {"if, elsif, else", "if true { keep; } elsif false { stop; } else { discard; }",
       "rule 0-9 line 1\n0: true\n1: jump-if-false 4\n2: do keep\n3: jump 9\n4: false\n5: "
       "jump-if-false 8\n"
       "6: stop\n7: jump 9\n8: do discard\n9: stop\n"},
      {"allof, not", "if allof (exists \"a\", not size :over 1K) { keep; }",
       "rule 0-6 line 1\n0: test exists \"a\"\n1: jump-if-false 4\n2: test size :over 1024\n3: "
       "not\n"
       "4: jump-if-false 6\n5: do keep\n6: stop\n"},
      {"anyof", "if anyof (exists \"a\", exists \"b\") { keep; }",
       "rule 0-5 line 1\n0: test exists \"a\"\n1: jump-if-true 3\n2: test exists \"b\"\n3: "
       "jump-if-false 5\n"
       "4: do keep\n5: stop\n"},
      {"names", "# rule:[Bills]\nif true {}\n# rule:[x] y\nif true {}",
       "rule 0-2 line 2 Bills\nrule 2-4 line 4\n0: true\n1: jump-if-false 2\n2: true\n3: "
       "jump-if-false 4\n"
       "4: stop\n"},
      {"fileinto",
       "require [\"fileinto\", \"copy\", \"mailbox\", \"imap4flags\"];"
       "fileinto :copy :create :flags [\"\\\\seen x\"] \"A/B\";",
       "0: do fileinto :copy :create :flags [\"\\\\seen\", \"x\"] \"A/B\"\n1: stop\n"},
      {"redirect", "redirect \"Ann <Ann@Example.ORG>\";",
       "0: do redirect \"Ann@example.org\"\n1: stop\n"},
      {"regex", "require \"regex\"; if header :regex \"subject\" \"a\\\\.b\" { keep; }",
       "rule 0-3 line 1\n0: test header :regex \"subject\" \"a\\\\.b\" /(?s)a\\.b/\n1: "
       "jump-if-false 3\n2: do keep\n3: stop\n"},
      {"relational",
       "require [\"relational\", \"comparator-i;ascii-numeric\"];"
       "if header :value \"gt\" :comparator \"i;ascii-numeric\" \"x-n\" \"5\" { keep; }",
       "rule 0-3 line 1\n0: test header :value gt i;ascii-numeric \"x-n\" \"5\"\n1: jump-if-false "
       "3\n2: do keep\n3: stop\n"},
      {"variables",
       "require \"variables\"; if header :matches \"subject\" \"[*]\" { set :upperfirst :lower "
       "\"A\" \"x${1}\"; }",
       "v0: a\nrule 0-3 line 1\n0: test header :matches captures \"subject\" \"[*]\"\n1: "
       "jump-if-false 3\n"
       "2: do set v0 :lower :upperfirst \"x${1}\"\n3: stop\n"},
      {"no captures after the last ${n}",
       "require \"variables\"; set \"a\" \"${1}\"; if header :matches \"subject\" \"*\" { keep; }",
       "v0: a\nrule 1-4 line 1\n0: do set v0 \"${1}\"\n1: test header :matches \"subject\" "
       "\"*\"\n2: jump-if-false 4\n"
       "3: do keep\n4: stop\n"},
      {"what is no reference",
       "require \"variables\"; set \"a\" \"${ a} ${a-b} ${} $ {a} ${a ${A}\";",
       "v0: a\n0: do set v0 \"${ a} ${a-b} ${} $ {a} ${a ${v0}\"\n1: stop\n"},
      {"encoded characters",
       "require [\"encoded-character\", \"fileinto\"]; fileinto \"${hex: 41 42}${unicode:40} "
       "${HEX:zz} ${hex:4142}\";",
       "0: do fileinto \"AB@ ${HEX:zz} ${hex:4142}\"\n1: stop\n"},
      {"address", "require \"subaddress\"; if address :detail :is [\"to\", \"cc\"] \"x\" {}",
       "rule 0-2 line 1\n0: test address :detail :is [\"to\", \"cc\"] \"x\"\n1: jump-if-false "
       "2\n2: stop\n"},
      {"envelope", "require \"envelope\"; if envelope :domain \"FROM\" \"x\" {}",
       "rule 0-2 line 1\n0: test envelope :domain :is \"from\" \"x\"\n1: jump-if-false 2\n2: "
       "stop\n"},
      {"dates",
       "require [\"date\", \"relational\", \"index\"]; if allof (date :index 2 :last :zone "
       "\"+0200\" \"received\" \"hour\" \"09\", currentdate :value \"ge\" \"date\" \"2026-01-01\") "
       "{}",
       "rule 0-4 line 1\n0: test date :index 2 :last :zone \"+0200\" :is \"received\" \"hour\" "
       "\"09\"\n1: jump-if-false 3\n"
       "2: test currentdate :value ge \"date\" \"2026-01-01\"\n3: jump-if-false 4\n4: stop\n"},
      {"body", "require \"body\"; if body :content \"Text/HTML\" :contains \"x\" {}",
       "rule 0-2 line 1\n0: test body :content :contains \"text/html\" \"x\"\n1: jump-if-false "
       "2\n2: stop\n"},
      {"vacation",
       "require [\"vacation\", \"vacation-seconds\"]; vacation :days 3 :addresses [\"a@b.c\"] "
       ":subject \"s\" \"gone\"; vacation :seconds 600 \"x\";",
       "0: do vacation :seconds 259200 :subject \"s\" :addresses \"a@b.c\" \"gone\"\n1: do "
       "vacation :seconds 600 \"x\"\n2: stop\n"},
      {"notify",
       "require \"enotify\"; notify :importance \"1\" :message \"hi\" \"xmpp:ann@example.org\";",
       "0: do notify :importance 1 :message \"hi\" \"xmpp:ann@example.org\"\n1: stop\n"},
      {"flags",
       "require [\"imap4flags\", \"variables\"]; addflag \"f\" \"a b\"; removeflag \"\\\\Seen\"; "
       "if hasflag \"f\" \"a\" {}",
       "v0: f\nrule 2-4 line 1\n0: do addflag v0 [\"a\", \"b\"]\n1: do removeflag \"\\\\Seen\"\n2: "
       "test hasflag :is \"f\" \"a\"\n3: jump-if-false 4\n4: stop\n"},
      {"metadataexists",
       "require \"mboxmetadata\"; if metadataexists \"INBOX\" [\"/a\", \"/b\"] {}",
       "rule 0-4 line 1\n0: test metadata \"INBOX\" \"/a\"\n1: jump-if-false 3\n2: test metadata "
       "\"INBOX\" \"/b\"\n3: jump-if-false 4\n4: stop\n"},
      {"parts",
       "require [\"foreverypart\", \"mime\", \"variables\", \"extracttext\"];"
       "foreverypart :name \"o\" { foreverypart { if header :mime :type \"content-type\" \"text\" "
       "{ extracttext :first 10 \"t\"; break :name \"o\"; } } break; }",
       "v0: t\n0: each-part 9\n1: each-part 7\n2: test header :mime :type :is \"content-type\" "
       "\"text\"\n3: jump-if-false 6\n"
       "4: do extracttext :first 10 v0\n5: break 2 9\n6: next-part 2\n7: break 1 9\n8: next-part "
       "1\n9: stop\n"},
      {"ours",
       "require [\"vnd.postern.deliver\", \"vnd.postern.hold\", \"vnd.postern.quarantine\", "
       "\"vnd.postern.log\", \"vnd.postern.reply\", \"vnd.postern.replace\", \"regex\"];"
       "deliver :mode \"headers\" :to \"ann@example.org\"; hold :until \"07:00\"; quarantine "
       "\"why\"; log \"x\";"
       "reply :days 2 \"hi\"; append_text \"--\"; replace_text :header \"Subject\" \"a+\" \"b\"; "
       "strip_attachments;",
       "0: do deliver headers :to \"ann@example.org\"\n1: do hold \"07:00\"\n2: "
       "do quarantine \"why\"\n3: do log \"x\"\n"
       "4: do reply :seconds 172800 :handle \"\" \"hi\"\n5: do append_text \"--\"\n6: do "
       "replace_header :header Subject /(?s)a+/ \"b\"\n"
       "7: do strip_attachments \"\"\n8: stop\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Listed(c.source), c.listing);
  }
}

TEST(SieveCompile, SettlesWhatIHaveDecides) {
  struct {
    const char* source;
    const char* listing;
  } const cases[] = {
      // What is not there is not looked at.
      {"require \"ihave\"; if ihave \"x-unknown\" { frobnicate; } else { keep; }",
       "rule 0-2 line 1\n0: false\n1: do keep\n2: stop\n"},
      {"require \"ihave\"; if not ihave \"x-unknown\" { error \"no\"; }",
       "rule 0-4 line 1\n0: false\n1: not\n2: jump-if-false 4\n3: do error \"no\"\n4: stop\n"},
      {"require \"ihave\"; if ihave \"fileinto\" { fileinto \"A\"; } else { frobnicate; }",
       "rule 0-4 line 1\n0: true\n1: jump-if-false 4\n2: do fileinto \"A\"\n3: jump 4\n4: stop\n"},
      {"require \"ihave\"; if allof (ihave \"x-unknown\", frob \"a\") { frob; }",
       "rule 0-1 line 1\n0: false\n1: stop\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    EXPECT_EQ(Listed(c.source), c.listing);
  }
}

TEST(SieveCompile, SaysWhatOfTheMailIsNeeded) {
  struct {
    const char* source;
    bool message, body;
  } const cases[] = {
      {"if header \"subject\" \"x\" { keep; }", false, false},
      {"require \"body\"; if body \"x\" { keep; }", false, true},
      {"require \"body\"; if body :raw \"x\" { keep; }", true, true},
      {"require \"mime\"; if exists :mime \"x\" { keep; }", true, false},
      {"require \"vacation\"; vacation \"x\";", false, false},
      {"require \"foreverypart\"; foreverypart { keep; }", true, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    const Compiled compiled = Compile(c.source, CompileOptions());
    ASSERT_NE(compiled.program, nullptr) << Told(compiled.problems);
    EXPECT_EQ(compiled.program->needs_message, c.message);
    EXPECT_EQ(compiled.program->needs_body, c.body);
  }
}

CompileOptions WithScripts(std::vector<std::pair<std::string, std::string>> scripts) {
  CompileOptions options;
  options.include = [scripts](absl::string_view name, bool) -> std::optional<std::string> {
    for (const auto& [known, source] : scripts)
      if (known == name) return source;
    return std::nullopt;
  };
  return options;
}

TEST(SieveCompile, PutsIncludedScriptsBehind) {
  const CompileOptions options = WithScripts({
      {"a",
       "require [\"include\", \"variables\"]; global \"g\"; set \"own\" \"x\"; set \"g\" \"y\"; if "
       "true { return; }"},
  });
  EXPECT_EQ(Listed("require [\"include\", \"variables\"]; include :once \"a\"; include \"a\";"
                   "include :optional \"none\"; set \"own\" \"${global.g}\";",
                   options),
            "v0: global g\nv1: own\nv2: own\n0: call :once a 4\n1: call a 4\n2: do set v2 "
            "\"${v0}\"\n3: stop\n"
            "4: do set v1 \"x\"\n5: do set v0 \"y\"\n6: true\n7: jump-if-false 9\n8: return\n9: "
            "return\n");
  const Compiled compiled = Compile("require \"include\"; include \"a\";", options);
  ASSERT_NE(compiled.program, nullptr);
  EXPECT_EQ(compiled.program->units[0].variables, std::vector<uint32_t>{1});
}

TEST(SieveCompile, TellsProblemsOfIncludedScriptsInTheirOwnName) {
  const CompileOptions options = WithScripts({
      {"bad", "keep;\nfrob;"},
      {"loop", "require \"include\";\ninclude \"loop2\";"},
      {"loop2", "require \"include\";\ninclude \"loop\";"},
  });
  EXPECT_EQ(Listed("require \"include\"; include \"bad\";", options),
            "bad:2:1: unknown command 'frob'\n"
            "script:1:20: the script \"bad\" that is included here has errors\n");
  EXPECT_EQ(Listed("require \"include\"; include \"loop\";", options),
            "loop2:2:1: the script \"loop\" includes itself\n"
            "loop:2:1: the script \"loop2\" that is included here has errors\n"
            "script:1:20: the script \"loop\" that is included here has errors\n");
  EXPECT_EQ(Listed("require \"include\"; include \"none\";", options),
            "script:1:20: there is no script \"none\" to include; store it first, or write include "
            ":optional\n");
}

TEST(SieveCompile, HashesAllThatItWasMadeOf) {
  const auto hash = [](const char* included) {
    return Compile("require \"include\"; include \"a\";", WithScripts({{"a", included}}))
        .program->origin.hash;
  };
  EXPECT_EQ(hash("keep;"), hash("keep;"));
  EXPECT_NE(hash("keep;"), hash("stop;"));
}

TEST(SieveCompile, HandsForeignCallsOn) {
  CompileOptions options;
  options.foreign_extension = "suite";
  options.foreign_names = {"check", "block"};
  EXPECT_EQ(Listed("require \"suite\"; check :index 2 \"x\"; require \"fileinto\"; block \"n\" { "
                   "fileinto \"A\"; if not check { stop; } }",
                   options),
            "0: do check :index 2 \"x\"\n1: test block \"n\"\n2: jump-if-false 8\n3: do fileinto "
            "\"A\"\n4: test check\n5: not\n"
            "6: jump-if-false 8\n7: stop\n8: stop\n");
  EXPECT_EQ(Listed("check;", options), "script:1:1: unknown command 'check'\n");
}

TEST(SieveCompile, KeepsWhatARuleLookedLike) {
  const Compiled compiled =
      Compile("keep;\n# rule:[A]\nif true\n{ stop; }\nelse { keep; }\nstop;", CompileOptions());
  ASSERT_NE(compiled.program, nullptr);
  EXPECT_EQ(compiled.program->texts,
            std::vector<std::string>{"# rule:[A]\nif true\n{ stop; }\nelse { keep; }"});
}

}  // namespace
}  // namespace postern::rules::sieve
