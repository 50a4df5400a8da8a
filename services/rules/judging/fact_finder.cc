#include "services/rules/judging/fact_finder.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::rules {
namespace {

using Need = FactFinder::Need;

std::string YesOrNo(bool yes) { return yes ? "yes" : "no"; }

// RFC 5437 section 3: whether somebody is there is known of the owner alone.
std::string NotifyAnswer(const v1::EvaluateRequest& request, absl::string_view question) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(question, absl::MaxSplits('\n', 1));
  if (!absl::EqualsIgnoreCase(parts.second, "online")) return "";
  absl::string_view uri = parts.first;
  if (!absl::StartsWithIgnoreCase(uri, "xmpp:") || request.presence().empty()) return "maybe";
  uri.remove_prefix(5);
  absl::ConsumePrefix(&uri, "//");
  const absl::string_view jid = uri.substr(0, uri.find_first_of("?;/"));
  if (!absl::EqualsIgnoreCase(jid, request.user())) return "maybe";
  return YesOrNo(request.presence() != "offline");
}

std::optional<AddressLists::Question> ListQuestion(absl::string_view key) {
  AddressLists::Question question;
  if (absl::ConsumePrefix(&key, "list:")) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(key, absl::MaxSplits('\n', 1));
    question.list = parts.first;
    question.address = parts.second;
  } else if (absl::ConsumePrefix(&key, "lists:")) {
    question.kind = AddressLists::Question::Kind::kExists;
    question.list = std::string(key);
  } else if (absl::ConsumePrefix(&key, "members:")) {
    question.kind = AddressLists::Question::Kind::kMembers;
    question.list = std::string(key);
  } else {
    return std::nullopt;
  }
  return question;
}

std::string ListAnswer(const AddressLists::Question& question, const AddressLists::Answer& answer) {
  return question.kind == AddressLists::Question::Kind::kMembers
             ? absl::StrJoin(answer.members, "\n")
             : YesOrNo(answer.yes);
}

// "run:HASH INDEX": which program of an operator's, and what it is to make.
std::optional<runner::v1::RunProgramRequest> RunRequest(const Stages& stages, const Need& need,
                                                        absl::string_view key) {
  if (!absl::ConsumePrefix(&key, "run:")) return std::nullopt;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(key, ' ');
  uint32_t index = 0;
  if (!absl::SimpleAtoi(parts.second, &index)) return std::nullopt;
  for (const ProgramInForce& one : stages.programs) {
    const Program& program = one.program->program();
    if (!one.operator_rule || program.origin.hash != parts.first) continue;
    runner::v1::RunProgramRequest request;
    for (const Statement& statement : program.statements) {
      if (const auto* run = std::get_if<RunProgram>(&statement);
          run != nullptr && run->id == index) {
        request.set_program(run->program);
        request.set_seconds(run->seconds);
      }
      const auto* reply = std::get_if<Reply>(&statement);
      if (reply != nullptr && reply->run == index) request.set_result_file(reply->file_name);
    }
    if (request.program().empty()) return std::nullopt;
    request.set_run_id(
        absl::StrCat(need.request.mail_id(), ":", parts.first.substr(0, 12), ":", index));
    request.set_message(need.request.message());
    request.set_sender(need.facts.envelope_from);
    if (!need.facts.recipients.empty()) request.set_recipient(need.facts.recipients.front());
    return request;
  }
  return std::nullopt;
}

}  // namespace

bool IsOfMailbox(absl::string_view key) {
  for (absl::string_view prefix : {"mailbox:", "special-use:", "metadata:", "mailbox-id:"}) {
    if (absl::StartsWith(key, prefix)) return true;
  }
  return false;
}

net::Task<absl::Status> FactFinder::Find(const std::string& user, const Stages& stages,
                                         std::vector<Need>& needs) {
  for (Need& need : needs) {
    for (const FactKey& key : need.keys) {
      absl::string_view rest = key;
      // What nobody can know is "no", rather than asked for again.
      std::string& value = need.facts.looked_up[key];
      if (absl::ConsumePrefix(&rest, "notify:")) value = NotifyAnswer(need.request, rest);
    }
  }
  if (absl::Status s = co_await FindDuplicates(user, needs); !s.ok()) co_return s;
  if (absl::Status s = co_await FindInLists(user, needs); !s.ok()) co_return s;
  for (Need& need : needs) {
    if (absl::Status s = co_await RunPrograms(stages, need); !s.ok()) co_return s;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> FactFinder::FindDuplicates(const std::string& user,
                                                   std::vector<Need>& needs) {
  std::vector<UserMemory::Question> questions;
  std::vector<std::string*> values;
  for (Need& need : needs) {
    for (const FactKey& key : need.keys) {
      if (!absl::StartsWith(key, "duplicate:")) continue;
      questions.push_back({need.request.mail_id(), key});
      values.push_back(&need.facts.looked_up[key]);
    }
  }
  if (questions.empty()) co_return absl::OkStatus();
  auto seen = co_await memory_.Seen(user, std::move(questions));
  if (!seen.ok()) co_return seen.status();
  for (size_t i = 0; i < values.size(); ++i) *values[i] = YesOrNo((*seen)[i]);
  co_return absl::OkStatus();
}

net::Task<absl::Status> FactFinder::FindInLists(const std::string& user, std::vector<Need>& needs) {
  std::vector<AddressLists::Question> questions;
  std::vector<std::string*> values;
  for (Need& need : needs) {
    for (const FactKey& key : need.keys) {
      auto question = ListQuestion(key);
      if (!question) continue;
      questions.push_back(*std::move(question));
      values.push_back(&need.facts.looked_up[key]);
    }
  }
  if (questions.empty()) co_return absl::OkStatus();
  auto answers = co_await lists_.Ask(user, questions);
  if (!answers.ok()) co_return answers.status();
  for (size_t i = 0; i < values.size(); ++i) *values[i] = ListAnswer(questions[i], (*answers)[i]);
  co_return absl::OkStatus();
}

net::Task<absl::Status> FactFinder::RunPrograms(const Stages& stages, Need& need) {
  for (const FactKey& key : need.keys) {
    if (!absl::StartsWith(key, "run:")) continue;
    std::string& value = need.facts.looked_up[key];
    value = absl::StrCat(ProgramRunner::kNotRun);
    auto request = RunRequest(stages, need, key);
    if (!request) continue;
    if (need.request.dry_run()) {
      need.trouble.push_back(
          absl::StrCat("program ", request->program(), " is not run by a trial"));
      value = "0";
      continue;
    }
    auto outcome = co_await runner_.Run(*std::move(request));
    if (!outcome.ok()) co_return outcome.status();
    if (!outcome->trouble.empty()) need.trouble.push_back(std::move(outcome->trouble));
    value = absl::StrCat(outcome->exit_code);
    if (!outcome->made.empty()) absl::StrAppend(&value, "\n", outcome->made);
  }
  co_return absl::OkStatus();
}

}  // namespace postern::rules
