#include "services/rules/judging/proposal.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/rules/answers/answer.h"
#include "services/rules/answers/left_out.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/judging/action_codec.h"

namespace postern::rules {
namespace {

using words::Word;
using words::Wording;

constexpr uint64_t kSameRedirect = 12 * 3600;  // seconds
constexpr size_t kBudgetKeyLength = 24;
constexpr size_t kMaxMark = 1024;
constexpr size_t kMaxReason = 2000, kMaxNote = 300;  // bytes

// A mark's key goes to the caller and comes back, as text: a Message-ID or a handle may be none, or
// a very long one.
std::string MarkOf(std::string key) {
  if (key.size() <= kMaxMark && mail::IsUtf8(key)) return key;
  return absl::StrCat("sha256:", crypto::Sha256Hex(key));
}

class Proposer {
 public:
  Proposer(const v1::EvaluateRequest& request, const Facts& facts, const MessageView& message)
      : request_(request), facts_(facts), message_(message), keys_(request.mail_id()) {}

  void Add(const Action& action) {
    proposal_ = Proposal();
    proposal_.name = std::string(ActionName(action));
    proposal_.action = ToProto(action);
    proposal_.action.set_key(keys_.Next(action));
    if (!Consider(action)) return;
    out_.proposals.push_back(std::move(proposal_));
  }

  Proposals Take() { return std::move(out_); }

 private:
  // False: it must not be done.
  bool Consider(const Action& action) {
    if (const auto* vacation = std::get_if<VacationAction>(&action.kind))
      return ConsiderVacation(action, *vacation);
    if (const auto* reply = std::get_if<ReplyAction>(&action.kind))
      return ConsiderReply(action, *reply);
    if (const auto* redirect = std::get_if<RedirectAction>(&action.kind))
      return ConsiderRedirect(action, *redirect);
    if (const auto* notify = std::get_if<NotifyAction>(&action.kind))
      return ConsiderNotify(action, *notify);
    if (const auto* deliver = std::get_if<DeliverAction>(&action.kind))
      ConsiderDeliver(action, *deliver);
    return true;
  }

  // To others it is sent on, by another way.
  void ConsiderDeliver(const Action& action, const DeliverAction& deliver) {
    if (action.operator_rule || deliver.to.empty()) return;
    TakeRedirects(deliver.to.size(), {});
    proposal_.moves_mail = true;
  }

  bool ConsiderNotify(const Action& action, const NotifyAction& notify) {
    // RFC 5436 section 2.7: what answers it might be the next one. Ours has a return path, so none
    // is made of a report that has none.
    if (absl::StartsWithIgnoreCase(notify.method, "mailto:")) {
      if (IsAutomatic(message_)) return Refuse(Word("this mail was sent automatically"));
      if (facts_.envelope_known && facts_.envelope_from.empty())
        return Refuse(Word("the mail's return path is empty"));
    }
    if (action.operator_rule) return true;
    proposal_.claim = ClaimFor({}, {{"notifies", kNotifiesAnHour, absl::Hours(1)}});
    proposal_.spent = Word("there were more than $0 notifications within an hour", kNotifiesAnHour);
    proposal_.spent_told =
        Word("Your rules made more than $0 notifications within an hour: the rest is left out.",
             kNotifiesAnHour);
    return true;
  }

  bool ConsiderVacation(const Action& action, const VacationAction& vacation) {
    const AnswerCase answer = CaseOf(action, facts_, message_);
    if (const auto why = WhyLeftOut(action, answer)) return RefuseAnswer(answer, *why);
    PutAnswer(WriteVacation(vacation, answer), proposal_.action);
    Once(AnswerAddress(answer), vacation.handle, vacation.seconds);
    return true;
  }

  bool ConsiderReply(const Action& action, const ReplyAction& reply) {
    const AnswerCase answer = CaseOf(action, facts_, message_);
    if (reply.text.empty()) {
      return RefuseAnswer(answer, Word("there is no text $0", reply.file_name));
    }
    if (const auto why = WhyLeftOut(action, answer)) return RefuseAnswer(answer, *why);
    PutAnswer(WriteReply(reply, answer), proposal_.action);
    Once(AnswerAddress(answer), reply.handle, reply.seconds);
    return true;
  }

  bool ConsiderRedirect(const Action& action, const RedirectAction& redirect) {
    if (!LeaveOutOwn()) {
      out_.keep_instead = out_.keep_instead || !redirect.copy;
      return Refuse(Word("the address is that of its own mailbox"));
    }
    if (message_.Fields("Received").size() > kMaxReceived) {
      out_.keep_instead = out_.keep_instead || !redirect.copy;
      return Refuse(Word("it has gone through too many servers"));
    }
    const std::vector<const MessageView::Field*> ids = message_.Fields("Message-ID");
    std::string once;
    if (!ids.empty() && !ids.front()->raw.empty()) {
      const std::string to = absl::AsciiStrToLower(absl::StrJoin(redirect.addresses, "\n"));
      once = MarkOf(absl::StrCat("redirected:", redirect.headers_only ? "header\n" : "", to, "\n",
                                 ids.front()->raw));
      proposal_.mark = UserMemory::NewMark{once, kSameRedirect};
    }
    proposal_.moves_mail = !redirect.copy;
    proposal_.done_before = Word("this mail went there before");
    if (action.operator_rule) {
      proposal_.claim = ClaimFor(std::move(once), {});
    } else {
      TakeRedirects(proposal_.action.redirect().addresses_size(), std::move(once));
    }
    return true;
  }

  // A mail to many is many mails.
  void TakeRedirects(size_t receivers, std::string once) {
    const UserMemory::Budget budget{"redirects", kRedirectsADay, absl::Hours(24),
                                    static_cast<uint32_t>(receivers)};
    proposal_.claim = ClaimFor(std::move(once), {budget});
    proposal_.spent = Word("more than $0 mails were redirected within a day", kRedirectsADay);
    proposal_.spent_told = Word(
        "Your rules redirected more than $0 mails within a day: the rest is kept.", kRedirectsADay);
  }

  // What is sent to the mailbox that it came from would come again. False: nobody else is left.
  bool LeaveOutOwn() {
    auto& addresses = *proposal_.action.mutable_redirect()->mutable_addresses();
    const auto is_own = [&](const std::string& address) {
      const auto& own = facts_.own_addresses;
      return std::any_of(own.begin(), own.end(), [&](const std::string& one) {
        return absl::EqualsIgnoreCase(one, address);
      });
    };
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_own), addresses.end());
    return !addresses.empty();
  }

  void Once(const std::string& to, const std::string& handle, uint64_t seconds) {
    const std::string whom = absl::AsciiStrToLower(to);
    const std::string once = MarkOf(absl::StrCat("answered:", handle, "\n", whom));
    const std::string of_whom =
        absl::StrCat("answers-", crypto::Sha256Hex(whom).substr(0, kBudgetKeyLength));
    proposal_.claim = ClaimFor(once, {{of_whom, kAnswersToOneAnHour, absl::Hours(1)},
                                      {"answers", kAnswersADay, absl::Hours(24)}});
    if (seconds > 0) {
      proposal_.mark = UserMemory::NewMark{once, seconds};
    } else {
      proposal_.claim->once.clear();  // RFC 6131 section 2: each mail is answered
    }
    proposal_.done_before = Word("$0 was answered before", to);
    proposal_.spent = Word("there are too many automatic answers");
    proposal_.spent_told = Word("Too many automatic answers: $0 was not answered any more.", to);
    ++out_.answers;
  }

  UserMemory::Claim ClaimFor(std::string once, std::vector<UserMemory::Budget> budgets) const {
    return {request_.mail_id(), proposal_.action.key(), std::move(once), std::move(budgets)};
  }

  bool Refuse(Wording why) {
    std::string text = LeftOutLine(proposal_.name, why);
    out_.notes.push_back({std::move(proposal_.action), std::move(text), std::move(why)});
    return false;
  }
  bool RefuseAnswer(const AnswerCase& answer, Wording why) {
    proposal_.action.mutable_answer()->set_to(mail::RepairUtf8(AnswerAddress(answer)));
    return Refuse(std::move(why));
  }

  const v1::EvaluateRequest& request_;
  const Facts& facts_;
  const MessageView& message_;
  ActionKeys keys_;
  Proposal proposal_;
  Proposals out_;
};

// The reason has it, too: it tells what a rule asked for.
void AddNote(LeftOutNote note, v1::EvaluateResponse& response) {
  const std::string text = mail::RepairUtf8(note.text);
  v1::TraceStep& step = *response.add_trace();
  step.set_text(text);
  step.set_line(note.action.line());
  step.set_action(true);
  v1::LeftOut& left_out = *response.add_left_out();
  *left_out.mutable_why() = WireText(note.why);
  *left_out.mutable_action() = WithoutTexts(std::move(note.action));
  std::string& reason = *response.mutable_reason();
  if (reason.size() > kMaxReason) return;
  absl::StrAppend(&reason, reason.empty() ? "" : "; ",
                  mail::CutUtf8(mail::CleanLine(text), kMaxNote));
}

void AddOnce(const Wording& said, v1::EvaluateResponse& response) {
  const mail::v1::Wording error = WireText(said);
  const auto& all = response.errors();
  const auto same = [&](const mail::v1::Wording& one) {
    return one.SerializeAsString() == error.SerializeAsString();
  };
  if (std::none_of(all.begin(), all.end(), same)) *response.add_errors() = error;
}

// What `proposal` would have done is not done.
void LeaveOut(Proposal& proposal, const Wording& why, v1::EvaluateResponse& response) {
  AddNote({std::move(proposal.action), LeftOutLine(proposal.name, why), why}, response);
}

bool Keeps(const v1::EvaluateResponse& response) {
  return std::any_of(response.actions().begin(), response.actions().end(),
                     [](const v1::Action& action) { return action.has_keep(); });
}

}  // namespace

Proposals Propose(const v1::EvaluateRequest& request, const Facts& facts,
                  const MessageView& message, const Evaluation& evaluation) {
  Proposer proposer(request, facts, message);
  for (const Action& action : evaluation.actions) proposer.Add(action);
  return proposer.Take();
}

void DropAnswers(Proposals& proposals) {
  std::erase_if(proposals.proposals, [&](const Proposal& proposal) {
    if (!proposal.action.has_answer()) return false;
    const Wording why = Word("there are too many automatic answers");
    proposals.notes.push_back({proposal.action, LeftOutLine(proposal.name, why), why});
    return true;
  });
  proposals.answers = 0;
}

void Settle(Proposals proposals, const std::vector<UserMemory::Answer>& answers,
            v1::EvaluateResponse& response) {
  bool keep = proposals.keep_instead;
  size_t next = 0;
  for (LeftOutNote& note : proposals.notes) AddNote(std::move(note), response);
  for (Proposal& proposal : proposals.proposals) {
    UserMemory::Answer answer = UserMemory::Answer::kYes;
    if (proposal.claim && next < answers.size()) answer = answers[next++];
    if (answer == UserMemory::Answer::kDoneBefore) {
      LeaveOut(proposal, proposal.done_before, response);
      continue;
    }
    if (answer == UserMemory::Answer::kSpent) {
      LeaveOut(proposal, proposal.spent, response);
      AddOnce(proposal.spent_told, response);
      keep = keep || proposal.moves_mail;
      continue;
    }
    if (proposal.mark) {
      response.add_marks()->set_key(proposal.mark->key);
      response.mutable_marks()->rbegin()->set_seconds(proposal.mark->seconds);
    }
    *response.add_actions() = std::move(proposal.action);
  }
  if (keep && !Keeps(response)) response.add_actions()->mutable_keep()->set_implicit(true);
}

}  // namespace postern::rules
