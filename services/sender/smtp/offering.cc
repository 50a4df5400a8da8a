#include "services/sender/smtp/offering.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/sender/smtp/mail_commands.h"

namespace postern::sender::smtp {
namespace {

// A server that writes answers while we write commands must not wait for us, and we for it, for
// ever: this much fits between. RFC 2920 section 3.1.
constexpr size_t kMostInFlight = 32 * 1024;

std::string DomainOf(const std::string& address) {
  return address.substr(address.rfind('@') + 1);  // the whole, where there is none
}

// "Unknown" or "out of order", about a command that is neither: it came together with others.
bool IsConfused(const Reply& reply) {
  return reply.code == 500 || reply.code == 502 || reply.code == 503;
}

}  // namespace

bool WantsAuth(const Reply& reply) { return reply.code == 530 || reply.code == 535; }

absl::Status AuthWanted(const std::string& host, const Reply& reply) {
  return words::Error(absl::StatusCode::kUnauthenticated,
                      words::Word("$0 takes mail only after signing in ($1); enter login and "
                                  "password in the account's settings",
                                  host, reply.Text()));
}

void Offering::Plan() {
  transaction_.sender_refused = false;
  if (terms_.reset_first) questions_.push_back({Question::Kind::kReset});
  questions_.push_back({Question::Kind::kSender});
  PlanRecipients();
  if (terms_.data) questions_.push_back({Question::Kind::kContent});
}

void Offering::PlanRecipients() {
  const Limits& limits = offered_.limits;
  const bool only_left_over = transaction_.AnyLeftOver();
  absl::flat_hash_set<std::string> domains;
  uint32_t planned = 0;
  for (size_t i = 0; i < transaction_.recipients.size(); ++i) {
    Recipient& recipient = transaction_.recipients[i];
    recipient.accepted = false;
    const bool waits = !only_left_over || std::exchange(recipient.left_over, false);
    if (recipient.fate != Fate::kPending || !waits) continue;
    bool room = limits.recipients == 0 || planned < limits.recipients;
    if (room && limits.domains > 0) {
      const std::string domain = DomainOf(recipient.address);
      room = domains.contains(domain) || domains.size() < limits.domains;
      if (room) domains.insert(domain);
    }
    recipient.left_over = !room;
    if (!room) continue;
    ++planned;
    questions_.push_back({Question::Kind::kRecipient, i});
  }
}

std::string Offering::CommandOf(const Question& question) const {
  switch (question.kind) {
    case Question::Kind::kReset:
      return "RSET";
    case Question::Kind::kSender:
      return MailCommand(envelope_, transaction_, offered_);
    case Question::Kind::kRecipient:
      return RecipientCommand(envelope_, transaction_.recipients[question.recipient], offered_);
    case Question::Kind::kContent:
      return "DATA";
  }
  return "NOOP";
}

absl::StatusOr<size_t> Offering::Gather(size_t next, std::string& bytes) const {
  do {
    const std::string command = CommandOf(questions_[next]);
    if (HoldsLineBreak(command)) return HidesALineBreak();
    absl::StrAppend(&bytes, command, "\r\n");
    ++next;
  } while (terms_.pipelining && next < questions_.size() && bytes.size() < kMostInFlight);
  return next;
}

// What was answered so far leaves nothing to ask.
bool Offering::IsPointless(const Question& question) const {
  if (question.kind == Question::Kind::kContent) return !transaction_.AnyAccepted();
  return question.kind == Question::Kind::kRecipient && !sender_taken_;
}

net::Task<absl::StatusOr<bool>> Offering::Run() {
  Plan();
  for (size_t next = 0; next < questions_.size();) {
    if (IsPointless(questions_[next])) break;
    std::string bytes;
    const auto end = Gather(next, bytes);
    if (!end.ok()) co_return end.status();
    absl::Status answered = co_await AskBatch(next, *end, std::move(bytes));
    if (!answered.ok()) co_return answered;
    next = *end;
  }
  co_return co_await Conclude();
}

net::Duration Offering::LimitOf(const Question& question) const {
  return question.kind == Question::Kind::kContent ? server_.waits().data_start
                                                   : server_.waits().command;
}

net::Task<absl::Status> Offering::AskBatch(size_t next, size_t end, std::string bytes) {
  const bool alone = end - next == 1;
  auto reply = co_await server_.Say(std::move(bytes), end - next, LimitOf(questions_[next]));
  for (;;) {
    if (!reply.ok()) co_return reply.status();
    waiting_ = next + 1 < end;
    absl::Status taken = Take(questions_[next], *reply, alone);
    if (!taken.ok()) {
      waiting_ = false;  // this was an answer
      co_return taken;
    }
    if (++next == end) co_return absl::OkStatus();
    reply = co_await server_.ReadReply(LimitOf(questions_[next]));
  }
}

absl::Status Offering::Take(const Question& question, const Reply& reply, bool alone) {
  if (question.kind != Question::Kind::kReset && WantsAuth(reply)) {
    return AuthWanted(server_.host(), reply);
  }
  switch (question.kind) {
    case Question::Kind::kReset:
      return absl::OkStatus();  // what matters is the answer to MAIL
    case Question::Kind::kSender:
      TakeOfSender(reply, alone);
      return absl::OkStatus();
    case Question::Kind::kRecipient:
      if (sender_taken_) TakeOfRecipient(transaction_.recipients[question.recipient], reply, alone);
      return absl::OkStatus();
    case Question::Kind::kContent:
      return TakeOfContent(reply, alone);
  }
  return absl::OkStatus();
}

void Offering::TakeOfSender(const Reply& reply, bool alone) {
  sender_taken_ = reply.Accepted();
  if (sender_taken_) return;
  if (!alone && terms_.reset_first && IsConfused(reply)) {
    misunderstood_ = true;
    return;
  }
  transaction_.sender_refused = true;
  for (Recipient& recipient : transaction_.recipients) recipient.left_over = false;
  transaction_.SettleWith(reply.RefusedForGood() ? Fate::kFailed : Fate::kPending, reply.InWords(),
                          reply.enhanced);
}

void Offering::TakeOfRecipient(Recipient& recipient, const Reply& reply, bool alone) {
  recipient.accepted = reply.Accepted();
  recipient.reason = recipient.accepted ? words::Wording() : reply.InWords();
  recipient.status = recipient.accepted ? "" : reply.enhanced;
  if (recipient.accepted) return;
  if (!alone && IsConfused(reply)) {
    misunderstood_ = recipient.left_over = true;
    return;
  }
  // RFC 5321 section 4.5.3.1.10: 552 may be an old server's way to say "too many
  // recipients", and then the rest belongs into the next transaction.
  const bool full = (reply.code == 452 || reply.code == 552) && transaction_.AnyAccepted();
  recipient.left_over = full && (reply.enhanced.empty() || reply.enhanced.substr(1) == ".5.3");
  const bool too_many = reply.code == 552 && full;
  if (reply.RefusedForGood() && !too_many) recipient.fate = Fate::kFailed;
}

absl::Status Offering::TakeOfContent(const Reply& reply, bool alone) {
  content_wanted_ = reply.code == 354;
  if (content_wanted_ || !transaction_.AnyAccepted()) return absl::OkStatus();
  if (!alone && IsConfused(reply)) {
    misunderstood_ = true;
    return absl::OkStatus();
  }
  transaction_.SettleWith(reply.RefusedForGood() ? Fate::kFailed : Fate::kPending, reply.InWords(),
                          reply.enhanced, /*only_accepted=*/true);
  return absl::OkStatus();
}

void Offering::Withdraw() {
  for (const Question& question : questions_) {
    if (question.kind != Question::Kind::kRecipient) continue;
    Recipient& recipient = transaction_.recipients[question.recipient];
    recipient.accepted = false;
    recipient.left_over = recipient.fate == Fate::kPending;
  }
}

net::Task<absl::StatusOr<bool>> Offering::Conclude() {
  const bool accepted = transaction_.AnyAccepted();
  if (!terms_.data) co_return accepted;
  if (accepted || !content_wanted_) co_return content_wanted_;
  // The server waits for a mail that is for nobody: RFC 2920 section 3.1. If it may have
  // somebody in mind after all, it is to get no empty mail for them.
  if (misunderstood_) {
    co_return words::Error(absl::StatusCode::kUnavailable,
                           words::Word("$0 did not answer like a mail server", server_.host()));
  }
  auto ended = co_await server_.Say(".\r\n", 1, server_.waits().data_end);
  if (!ended.ok()) co_return ended.status();
  content_wanted_ = false;
  co_return false;
}

}  // namespace postern::sender::smtp
