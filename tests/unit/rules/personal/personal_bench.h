#pragma once

#include <google/protobuf/text_format.h>

#include <string>

#include "services/rules/personal/check_rules.h"
#include "services/rules/personal/personal_rules.h"
#include "tests/unit/rules/engine/engine_bench.h"

// Rules on mails, by both ways: as they are stored, and as the script that is shown.
namespace postern::rules::personal {

inline v1::PersonalRules Read(const std::string& text) {
  v1::PersonalRules rules;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &rules)) << text;
  return rules;
}

inline constexpr char kOwner[] = "ann@jabber.example";

inline v1::PersonalRules Checked(const std::string& text) {
  v1::PersonalRules rules = Read(text);
  const absl::Status status = CheckRules(rules, kOwner);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return rules;
}

inline PreparedProgramPtr PreparedOf(const v1::PersonalRules& rules) {
  Compiled compiled = Compile(WriteStored(rules));
  EXPECT_NE(compiled.program, nullptr) << FirstError(compiled.problems) << "\n" << SieveOf(rules);
  if (compiled.program == nullptr) return nullptr;
  return std::make_shared<const PreparedProgram>(compiled.program);
}

inline Evaluation Judge(const PreparedProgramPtr& program, absl::string_view mail,
                        const Facts& facts) {
  if (program == nullptr) return {};
  const std::string message = MailOf(mail);
  MessageView view(message);
  return Evaluate(*program, view, facts, SomeLimits());
}

// What becomes of a mail; the script that is shown decides the same, and prints as it was.
inline std::string ToldBy(const v1::PersonalRules& rules, absl::string_view mail,
                          const Facts& facts = SomeFacts()) {
  const std::string told = Told(Judge(PreparedOf(rules), mail, facts));
  const std::string script = SieveOf(rules);
  EXPECT_EQ(Told(Judge(Prepared(script), mail, facts)), told) << script;
  const sieve::Parsed parsed = sieve::Parse(script, sieve::CompileOptions());
  EXPECT_TRUE(parsed.problems.empty()) << script;
  EXPECT_EQ(sieve::Print(parsed.script), script);
  return told;
}

}  // namespace postern::rules::personal
