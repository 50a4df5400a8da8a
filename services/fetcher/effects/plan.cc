#include "services/fetcher/effects/plan.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "lib/mail/utf8.h"

namespace postern::fetcher {

namespace {

using rules::v1::Action;

bool IsInbox(const std::string& mailbox) { return absl::EqualsIgnoreCase(mailbox, "INBOX"); }

bool SameMailbox(const std::string& a, const std::string& b) {
  return a == b || (IsInbox(a) && IsInbox(b));
}

void AddFlags(const google::protobuf::RepeatedPtrField<std::string>& more,
              std::vector<std::string>& flags) {
  for (const std::string& flag : more) {
    if (!absl::c_linear_search(flags, flag)) flags.push_back(flag);
  }
}

FilingStep StepOf(const Action& action) {
  const Action::FileInto& file = action.file_into();
  FilingStep step;
  step.key = action.key();
  step.mailbox = file.mailbox();
  step.special_use = file.special_use();
  step.flags.assign(file.flags().begin(), file.flags().end());
  step.create = file.create();
  return step;
}

void TakeDeliver(const Action::Deliver& deliver, Plan& plan) {
  if (deliver.to_size() > 0) {
    for (const std::string& to : deliver.to()) {
      if (!absl::c_linear_search(plan.others, to)) plan.others.push_back(to);
    }
    return;
  }
  plan.deliver = deliver.form() != Action::FORM_NONE;
  plan.urgent = deliver.form() == Action::FORM_FULL;
  plan.headers_only = deliver.form() == Action::FORM_HEADERS;
  plan.digest = deliver.form() == Action::FORM_DIGEST;
}

bool IsSend(const Action& action) {
  return action.has_redirect() || action.has_answer() || action.has_notify() || action.has_note();
}

const char* FormName(Action::Form form) {
  switch (form) {
    case Action::FORM_HEADERS:
      return "headers";
    case Action::FORM_DIGEST:
      return "digest";
    case Action::FORM_NONE:
      return "none";
    default:
      return "full";
  }
}

std::string WithFlags(std::string text,
                      const google::protobuf::RepeatedPtrField<std::string>& flags) {
  if (flags.empty()) return text;
  return absl::StrCat(text, " [", absl::StrJoin(flags, " "), "]");
}

std::string Described(const Action& action) {
  switch (action.kind_case()) {
    case Action::kKeep:
      return WithFlags("keep", action.keep().flags());
    case Action::kDiscard:
      return "discard";
    case Action::kFileInto: {
      const std::string& use = action.file_into().special_use();
      return WithFlags(
          absl::StrCat("fileinto ",
                       action.file_into().mailbox().empty() ? use : action.file_into().mailbox()),
          action.file_into().flags());
    }
    case Action::kRedirect:
      return absl::StrCat("redirect ", absl::StrJoin(action.redirect().addresses(), ", "));
    case Action::kReject:
      return "reject";
    case Action::kAnswer:
      return absl::StrCat("reply ", action.answer().to());
    case Action::kNotify:
      return absl::StrCat("notify ", action.notify().method());
    case Action::kDeliver: {
      const std::string form = FormName(action.deliver().form());
      if (action.deliver().to_size() == 0) return absl::StrCat("deliver ", form);
      return absl::StrCat("deliver ", form, " ", absl::StrJoin(action.deliver().to(), ", "));
    }
    case Action::kHold:
      return absl::StrCat(
          "hold ",
          absl::FormatTime("%Y-%m-%dT%H:%MZ", absl::FromUnixSeconds(action.hold().until_unix()),
                           absl::UTCTimeZone()));
    case Action::kQuarantine:
      return "quarantine";
    case Action::kNote:
      return absl::StrCat("note ", action.note().text());
    default:
      return "";
  }
}

}  // namespace

bool Plan::IsPlain() const {
  return deliver && !headers_only && !urgent && !digest && others.empty() && !hold_until &&
         !Files() && sends.empty();
}

Plan PlanOf(const rules::v1::EvaluateResponse& said, const std::string& mailbox) {
  Plan plan;
  bool kept = said.actions().empty(), held_back = false, moved = false;
  for (const Action& action : said.actions()) {
    if (action.has_keep()) {
      kept = true;
      AddFlags(action.keep().flags(), plan.flags);
    } else if (action.has_file_into()) {
      const Action::FileInto& file = action.file_into();
      if (file.special_use().empty() && SameMailbox(file.mailbox(), mailbox)) {
        kept = true;
        AddFlags(file.flags(), plan.flags);
      } else {
        moved = moved || !file.copy();
        plan.filings.push_back(StepOf(action));
      }
    } else if (action.has_hold()) {
      plan.hold_until = std::max(plan.hold_until.value_or(0), action.hold().until_unix());
    } else if (action.has_reject() || action.has_quarantine()) {
      held_back = true;
    } else if (IsSend(action)) {
      plan.sends.push_back(action);
    }
  }
  plan.deliver = kept || plan.hold_until.has_value();
  for (const Action& action : said.actions()) {
    if (action.has_deliver()) TakeDeliver(action.deliver(), plan);
  }
  if (held_back || said.verdict() == rules::v1::VERDICT_REJECT) {
    plan.deliver = false;
    plan.hold_until.reset();
  }
  if (!plan.deliver) plan.hold_until.reset();
  plan.stays = kept || !moved;
  return plan;
}

std::vector<std::string> DescribeActions(const rules::v1::EvaluateResponse& said) {
  std::vector<std::string> lines;
  for (const Action& action : said.actions()) {
    if (action.has_keep() && action.keep().implicit() && action.keep().flags().empty()) continue;
    std::string line = mail::CleanLine(Described(action));
    if (!line.empty()) lines.emplace_back(mail::CutUtf8(line, 300));
  }
  return lines;
}

}  // namespace postern::fetcher
