#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/words/wording.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/answers/answer.h"
#include "services/rules/engine/action.h"

namespace postern::rules {

// What came out of an evaluation as it goes over the wire; `program` is still its hash. An answer
// is put in by PutAnswer.
v1::Action ToProto(const Action& action);
v1::Edit ToProto(const Edit& edit);
v1::TraceStep ToProto(const TraceStep& step);
// As it may go out: its arguments are UTF-8, one line each, and not long.
mail::v1::Wording WireText(const words::Wording& wording);
// What is done, and to whom; nothing of what an answer or a notification says, and no key.
v1::Action WithoutTexts(v1::Action action);
void PutAnswer(const AutomaticAnswer& answer, v1::Action& action);

// The keys of one mail's actions: of what is done by which program, so that they stay the same
// when a mail is judged again, whatever else is done to it by then.
class ActionKeys {
 public:
  explicit ActionKeys(absl::string_view mail_id) : mail_id_(mail_id) {}
  std::string Next(const Action& action);

 private:
  const std::string mail_id_;
  std::map<std::string, int> given_;  // the same thing twice has two keys
};

}  // namespace postern::rules
