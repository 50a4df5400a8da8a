#include "services/rules/engine/action_json.h"

#include <gtest/gtest.h>

#include <utility>

namespace postern::rules {
namespace {

TEST(ActionJson, NamesActionsAndArgumentsAsSieveDoes) {
  VacationAction vacation;
  vacation.reason = "away\nuntil Monday";
  vacation.handle = "h";
  vacation.seconds = 86400;
  NotifyAction notify;
  notify.method = "xmpp:ann@example.org";
  notify.importance = '1';
  DeliverAction deliver;
  deliver.form = DeliveryForm::kHeaders;
  deliver.to = {"bob@example.org"};
  const struct {
    ActionKind kind;
    const char* json;
  } cases[] = {
      {KeepAction{{}, true}, R"({"action":"keep","implicit":true})"},
      {KeepAction{{"\\Seen"}, false}, R"({"action":"keep","flags":["\\Seen"]})"},
      {DiscardAction{}, R"({"action":"discard"})"},
      {FileIntoAction{"A/B", "", {"\\Seen"}, false, true},
       R"({"action":"fileinto","mailbox":"A/B","flags":["\\Seen"],"create":true})"},
      {RedirectAction{{"a@b.c"}, true, false, "", ""},
       R"({"action":"redirect","address":"a@b.c","copy":true})"},
      {RedirectAction{{"a@b.c", "d@e.f"}, false, false, "", ""},
       R"({"action":"redirect","addresses":["a@b.c","d@e.f"]})"},
      {RejectAction{"no", true}, R"({"action":"ereject","reason":"no"})"},
      {vacation,
       R"({"action":"vacation","reason":"away\nuntil Monday","handle":"h","seconds":86400})"},
      {notify, R"({"action":"notify","method":"xmpp:ann@example.org","importance":"1"})"},
      {deliver, R"({"action":"deliver","mode":"headers","to":["bob@example.org"]})"},
      {HoldAction{1767225600}, R"({"action":"hold","until":1767225600})"},
      {QuarantineAction{""}, R"({"action":"quarantine"})"},
      {NoteAction{"seen", "log.txt"}, R"({"action":"log","text":"seen","file":"log.txt"})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.json);
    Action action;
    action.kind = c.kind;
    EXPECT_EQ(ActionJson(action), c.json);
  }
}

TEST(ActionJson, WhatMailsBringCannotBreakIt) {
  Action action;
  action.kind = FileIntoAction{"a\"b\\c\x01\x7f\r\xff\xc3\xa9", "", {}, false, false};
  EXPECT_EQ(ActionJson(action).find('\r'), std::string::npos);
  EXPECT_NE(ActionJson(action).find(R"(a\"b\\c\u0001\u007f\r)"), std::string::npos);
  action.kind = FileIntoAction{"Büro", "", {}, false, false};
  EXPECT_EQ(ActionJson(action), "{\"action\":\"fileinto\",\"mailbox\":\"Büro\"}");
}

TEST(ActionsJson, HoldsActionsAndEditsInOrderThenTheError) {
  Evaluation evaluation;
  EXPECT_EQ(ActionsJson(evaluation), R"({"actions":[]})");
  Action discard, keep;
  discard.kind = DiscardAction{};
  keep.kind = KeepAction{{}, true};
  keep.edits = 2;
  evaluation.actions = {discard, keep};
  HeaderEdit add, remove;
  add.add = true;
  add.name = "X-A";
  add.value = "b";
  remove.name = "X-B";
  remove.value = "c";
  remove.occurrence = 1;
  BodyEdit strip;
  strip.change = BodyChange::kStripAttachments;
  evaluation.edits = {add, remove, strip};
  evaluation.error = RunError{"line 3: more than 4 redirects", "", 3};
  EXPECT_EQ(ActionsJson(evaluation),
            R"({"actions":[{"action":"discard"},{"action":"addheader","name":"X-A","value":"b"},)"
            R"({"action":"deleteheader","name":"X-B","value":"c","index":2},)"
            R"({"action":"keep","implicit":true},{"action":"strip_attachments"}],)"
            R"("error":"line 3: more than 4 redirects"})");
}

}  // namespace
}  // namespace postern::rules
