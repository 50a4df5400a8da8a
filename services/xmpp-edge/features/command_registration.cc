// Ours: "postern#register" and "postern#settings", the forms of XEP-0077 for clients that
// don't know it.
#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/features/registration_desk.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/registration.h"
#include "services/xmpp-edge/wipe.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kType[] = "type";

// A form that has been answered: what is wrong with it, and itself filled in as it was, but
// for the password.
struct Answered {
  DataForm form;
  std::string name;  // of the account
  std::optional<RegistrationProblem> problem;
};

net::Task<Answered> TakeAnswer(const CommandStep& step, FormSubject subject) {
  const Words& words = *step.words;
  Answered answered;
  answered.form = RegistrationForm(subject, words);
  auto submission = SingleValues(*step.form);
  if (!submission.ok()) {
    answered.problem = ProblemOf(words, submission.status());
    co_return answered;
  }
  FillIn(*submission, answered.form);
  auto registration = ReadRegistration(*std::move(submission), subject);
  if (!registration.ok()) {
    answered.problem = ProblemOf(words, registration.status());
    co_return answered;
  }
  answered.name = registration->account.name();
  const std::string user = step.user.Bare();
  answered.problem =
      co_await step.desk->Take(user, std::move(subject), *std::move(registration), words);
  co_return answered;
}

// The last step of both: the form goes out, or comes back and is dealt with.
net::Task<absl::StatusOr<CommandReply>> AskOrTake(CommandStep step, FormSubject subject,
                                                  CommandState state) {
  const absl::Cleanup wipe = [&step] { WipeValues(step.form); };
  const Words& words = *step.words;
  if (!step.form) co_return CommandReply::Ask(RegistrationForm(subject, words), std::move(state));
  const bool is_new = subject.existing == nullptr;
  Answered answered = co_await TakeAnswer(step, subject);
  if (!answered.problem) {
    co_return CommandReply::Note(is_new ? texts::AccountCreated(words, answered.name)
                                        : texts::AccountUpdated(words, answered.name));
  }
  if (answered.problem->text.empty()) co_return absl::NotFoundError("the account is gone");
  co_return CommandReply::AskAgain(std::move(answered.form), std::move(state),
                                   answered.problem->text);
}

bool IsOffered(const DataForm& choice, absl::string_view type) {
  const auto& options = choice.fields.front().options;
  return std::any_of(options.begin(), options.end(),
                     [&type](const auto& option) { return option.second == type; });
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> RegisterAccount(FeatureContext, CommandStep step) {
  const absl::Cleanup wipe = [&step] { WipeValues(step.form); };
  const Words& words = *step.words;
  FormSubject subject = step.desk->SubjectAt(step.place, step.user.Bare(), words);
  DataForm choice = TypeForm(subject, words);
  if (step.number == 0 || step.back) {
    co_return CommandReply::Ask(std::move(choice), CommandState()).MoreFollows();
  }
  const bool chooses = !step.state.contains(kType);
  const std::string type = chooses ? step.Value(kType) : step.state.at(kType);
  // The operator may have withdrawn the relay meanwhile.
  if (!IsOffered(choice, type)) {
    co_return CommandReply::Ask(std::move(choice), CommandState()).MoreFollows();
  }
  subject.type = TypeOfName(type);
  if (chooses) WipeValues(step.form);
  if (chooses) step.form.reset();
  CommandState state;
  state[kType] = type;
  auto reply = co_await AskOrTake(std::move(step), std::move(subject), std::move(state));
  if (reply.ok() && !reply->completed) reply->back = true;
  co_return reply;
}

net::Task<absl::StatusOr<CommandReply>> ChangeSettings(FeatureContext, CommandStep step) {
  FormSubject subject = step.desk->SubjectAt(step.place, step.user.Bare(), *step.words);
  co_return co_await AskOrTake(std::move(step), std::move(subject), CommandState());
}

}  // namespace postern::xmpp_edge
