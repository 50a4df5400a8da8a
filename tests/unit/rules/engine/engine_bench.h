#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/engine/words.h"
#include "services/rules/sieve/compile.h"

// Scripts on mails, and what comes out as one line.
namespace postern::rules {

// LF in the source is CRLF in the mail.
inline std::string MailOf(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\n", "\r\n"}});
}

inline PreparedProgramPtr Prepared(absl::string_view script, bool operator_rule = false) {
  sieve::CompileOptions options;
  options.operator_rule = operator_rule;
  Compiled compiled = sieve::Compile(script, options);
  EXPECT_NE(compiled.program, nullptr) << FirstError(compiled.problems) << "\n" << script;
  if (compiled.program == nullptr) return nullptr;
  return std::make_shared<const PreparedProgram>(compiled.program);
}

inline std::string Told(const Evaluation& evaluation) {
  std::vector<std::string> told;
  for (const Action& action : evaluation.actions) {
    const auto* keep = std::get_if<KeepAction>(&action.kind);
    const bool implicit = keep != nullptr && keep->implicit;
    told.push_back(absl::StrCat(implicit ? "implicit " : "", InWords(action.kind)));
  }
  if (evaluation.error) told.push_back(absl::StrCat("error: ", evaluation.error->message));
  return absl::StrJoin(told, "; ");
}

inline Facts SomeFacts() {
  Facts facts;
  facts.owner = "ann@jabber.example";
  facts.account = "home";
  facts.own_addresses = {"ann@example.org"};
  facts.recipients = {"ann@example.org"};
  facts.envelope_from = "bob@example.net";
  facts.envelope_known = true;
  facts.now = absl::FromUnixSeconds(1'767'610'800);  // Monday, 2026-01-05 11:00 UTC
  facts.zone = absl::UTCTimeZone();
  return facts;
}

// Steps, not time, end a test's evaluation.
inline EvaluationLimits SomeLimits() {
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  return limits;
}

inline Evaluation Outcome(absl::string_view script, absl::string_view mail,
                          const Facts& facts = SomeFacts()) {
  const PreparedProgramPtr program = Prepared(script);
  if (program == nullptr) return {};
  const std::string message = MailOf(mail);
  MessageView view(message);
  return Evaluate(*program, view, facts, SomeLimits());
}

}  // namespace postern::rules
