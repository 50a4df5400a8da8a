// What is to become of a mail, by what the rules say.

#include "services/fetcher/effects/plan.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::fetcher {
namespace {

rules::v1::EvaluateResponse Said(const std::string& text) {
  rules::v1::EvaluateResponse said;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &said)) << text;
  return said;
}

std::string Written(const Plan& plan) {
  std::string text = plan.deliver ? "deliver" : "-";
  if (plan.headers_only) text += " headers";
  if (plan.urgent) text += " urgent";
  if (plan.digest) text += " digest";
  if (!plan.others.empty()) absl::StrAppend(&text, " to ", absl::StrJoin(plan.others, ","));
  if (plan.hold_until) absl::StrAppend(&text, " at ", *plan.hold_until);
  absl::StrAppend(&text, plan.stays ? " stays" : " goes");
  if (!plan.flags.empty()) absl::StrAppend(&text, " [", absl::StrJoin(plan.flags, " "), "]");
  for (const FilingStep& step : plan.filings) {
    absl::StrAppend(
        &text, " >", step.mailbox, step.special_use,
        step.flags.empty() ? "" : absl::StrCat("[", absl::StrJoin(step.flags, " "), "]"));
  }
  if (!plan.sends.empty()) absl::StrAppend(&text, " sends ", plan.sends.size());
  return text;
}

constexpr char kKeep[] = "actions { keep { implicit: true } } ";

TEST(Plan, SaysWhatBecomesOfAMail) {
  const struct {
    const char* name;
    std::string said;
    const char* plan;
  } cases[] = {
      {"nothing", "", "deliver stays"},
      {"an implicit keep", kKeep, "deliver stays"},
      {"discard", "actions { discard {} }", "- stays"},
      {"a reject without actions", "verdict: VERDICT_REJECT", "- stays"},
      {"a reject", "verdict: VERDICT_REJECT actions { reject {} }", "- stays"},
      {"quarantine wins over keep", absl::StrCat(kKeep, "actions { quarantine {} }"), "- stays"},
      {"keep with flags", "actions { keep { flags: '\\\\Seen' flags: 'x' flags: 'x' } }",
       "deliver stays [\\Seen x]"},
      {"fileinto", "actions { file_into { mailbox: 'A' flags: '\\\\Seen' } }", "- goes >A[\\Seen]"},
      {"fileinto by use", "actions { file_into { special_use: '\\\\Junk' } }", "- goes >\\Junk"},
      {"two folders: a copy and a move",
       "actions { file_into { mailbox: 'A' } } actions { file_into { mailbox: 'B' } }",
       "- goes >A >B"},
      {"a copy beside the keep",
       absl::StrCat("actions { file_into { mailbox: 'A' copy: true } } ", kKeep),
       "deliver stays >A"},
      {"a copy and a discard",
       "actions { file_into { mailbox: 'A' copy: true } } actions { discard {} }", "- stays >A"},
      {"a folder and a keep", absl::StrCat("actions { file_into { mailbox: 'A' } } ", kKeep),
       "deliver stays >A"},
      {"where it is already", "actions { file_into { mailbox: 'inbox' flags: 'x' } }",
       "deliver stays [x]"},
      {"deliver full is now", absl::StrCat("actions { deliver { form: FORM_FULL } } ", kKeep),
       "deliver urgent stays"},
      {"headers", absl::StrCat("actions { deliver { form: FORM_HEADERS } } ", kKeep),
       "deliver headers stays"},
      {"digest", absl::StrCat("actions { deliver { form: FORM_DIGEST } } ", kKeep),
       "deliver digest stays"},
      {"none is not shown", absl::StrCat("actions { deliver { form: FORM_NONE } } ", kKeep),
       "- stays"},
      {"filed, and shown all the same",
       "actions { file_into { mailbox: 'A' } } actions { deliver { form: FORM_HEADERS } }",
       "deliver headers goes >A"},
      {"to somebody else",
       "actions { deliver { form: FORM_FULL to: 'bob@x' to: 'eve@x' to: 'bob@x' } }",
       "- to bob@x,eve@x stays"},
      {"hold", absl::StrCat("actions { hold { until_unix: 7 } } ", kKeep), "deliver at 7 stays"},
      {"hold and discard", "actions { hold { until_unix: 7 } } verdict: VERDICT_REJECT", "- stays"},
      {"redirect", "actions { redirect { addresses: 'a@b.c' } } actions { discard {} }",
       "- stays sends 1"},
      {"in order",
       absl::StrCat("actions { answer { to: 'a@b.c' } } actions { notify { method: 'x' } } "
                    "actions { note { text: 'x' } } ",
                    kKeep),
       "deliver stays sends 3"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Written(PlanOf(Said(c.said), "INBOX")), c.plan);
  }
}

TEST(Plan, IsPlainWhenNothingIsToBeDone) {
  EXPECT_TRUE(PlanOf(Said(kKeep), "INBOX").IsPlain());
  EXPECT_FALSE(PlanOf(Said("actions { keep { flags: 'x' } }"), "INBOX").IsPlain());
  EXPECT_FALSE(PlanOf(Said("actions { discard {} }"), "INBOX").IsPlain());
}

TEST(Plan, IsToldByTheNamesOfSieve) {
  const auto said = Said(absl::StrCat(
      kKeep,
      "actions { file_into { mailbox: 'A/B' flags: '\\\\Seen' } } "
      "actions { redirect { addresses: 'a@b.c' } } actions { deliver { form: FORM_HEADERS } } "
      "actions { hold { until_unix: 1767225600 } } "
      "actions { note { text: 'two\\nlines' } }"));
  EXPECT_EQ(absl::StrJoin(DescribeActions(said), "|"),
            "fileinto A/B [\\Seen]|redirect a@b.c|deliver headers|hold 2026-01-01T00:00Z|"
            "note two lines");
}

}  // namespace
}  // namespace postern::fetcher
