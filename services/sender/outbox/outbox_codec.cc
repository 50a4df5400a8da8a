#include "services/sender/outbox/outbox_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace postern::sender {
namespace {

using store::Reply;

const absl::Status& Misshapen() {
  static const absl::Status status =
      absl::DataLossError("outbox: Redis answered something that no script of ours answers");
  return status;
}

// Redis turns Lua's numbers into integers, and hash fields into text.
int64_t Number(const Reply& reply) {
  if (reply.kind == Reply::Kind::kInteger) return reply.integer;
  int64_t value = 0;
  return absl::SimpleAtoi(reply.text, &value) ? value : 0;
}

bool HasItems(const Reply& reply, size_t count) {
  return reply.kind == Reply::Kind::kArray && reply.items.size() >= count;
}

std::vector<std::string> Lines(absl::string_view text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

char Letter(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kSent:
      return 'S';
    case Outcome::Kind::kDelayed:
      return 'D';
    case Outcome::Kind::kFailed:
      return 'F';
  }
  return 'F';
}

TakenMail ReadTaken(const Reply& reply) {
  const std::vector<Reply>& fields = reply.items[5].items;
  TakenMail mail;
  mail.lease.queue_id = reply.items[1].text;
  mail.lease.token = absl::StrCat(Number(reply.items[2]));
  mail.attempts = static_cast<int>(Number(reply.items[3]));
  mail.age = milliseconds(Number(reply.items[4]));
  mail.account_id = fields[0].text;
  mail.owner = fields[1].text;
  mail.message_id = fields[2].text;
  mail.envelope.from = fields[3].text;
  mail.envelope.to = Lines(fields[4].text);
  mail.envelope.size = Number(fields[5]);
  mail.envelope.eight_bit = fields[6].text == "1";
  mail.uncertain = fields[7].text == "dot";
  return mail;
}

}  // namespace

// In the bytes in which a wording travels beside a status.
std::string EncodeWording(const words::Wording& wording) {
  words::Wording printable = wording;
  for (std::string& argument : printable.arguments) {
    for (char& c : argument) {
      if (absl::ascii_iscntrl(c)) c = ' ';
    }
  }
  const auto bytes =
      words::Error(absl::StatusCode::kUnknown, printable).GetPayload(words::kPayload);
  return std::string(bytes.value_or(absl::Cord()));
}

words::Wording DecodeWording(absl::string_view text) {
  absl::Status carrier = absl::UnknownError("");
  carrier.SetPayload(words::kPayload, absl::Cord(text));
  return words::WordingOf(carrier).value_or(words::Wording());
}

std::string EncodeOutcomes(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    absl::StrAppend(&text, std::string(1, Letter(outcome.kind)), "\t", outcome.recipient, "\t",
                    EncodeWording(outcome.reason), "\n");
  }
  return text;
}

std::vector<Outcome> DecodeOutcomes(absl::string_view text) {
  std::vector<Outcome> outcomes;
  for (const std::string& line : Lines(text)) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits('\t', 2));
    if (parts.size() != 3) continue;
    Outcome outcome;
    outcome.kind = parts[0] == "S"   ? Outcome::Kind::kSent
                   : parts[0] == "D" ? Outcome::Kind::kDelayed
                                     : Outcome::Kind::kFailed;
    outcome.recipient = parts[1];
    outcome.reason = DecodeWording(parts[2]);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

absl::StatusOr<TakeResult> ReadTake(const Reply& reply) {
  if (!HasItems(reply, 1)) return Misshapen();
  TakeResult result;
  const std::string& word = reply.items[0].text;
  if (word == "TAKEN") {
    if (!HasItems(reply, 6) || !HasItems(reply.items[5], 9)) return Misshapen();
    result.mails.push_back(ReadTaken(reply));
  } else if (word == "WAIT") {
    if (!HasItems(reply, 2)) return Misshapen();
    result.next_due = milliseconds(Number(reply.items[1]));
  }
  return result;
}

absl::StatusOr<std::vector<Report>> ReadReports(const Reply& reply) {
  if (reply.kind != Reply::Kind::kArray) return Misshapen();
  std::vector<Report> reports;
  for (const Reply& item : reply.items) {
    if (!HasItems(item, 6)) return Misshapen();
    Report report;
    report.queue_id = item.items[0].text;
    report.sequence = item.items[1].text;
    report.outcomes = DecodeOutcomes(item.items[2].text);
    report.bytes = item.items[2].text.size();
    report.context = item.items[3].text;
    report.message_id = item.items[4].text;
    report.age = milliseconds(Number(item.items[5]));
    reports.push_back(std::move(report));
  }
  return reports;
}

absl::StatusOr<QueuePage> ReadPage(const Reply& reply) {
  if (!HasItems(reply, 2)) return Misshapen();
  QueuePage page;
  page.total = Number(reply.items[0]);
  for (const Reply& item : reply.items[1].items) {
    if (!HasItems(item, 11)) return Misshapen();
    const std::vector<Reply>& f = item.items;
    QueuedMail mail;
    mail.queue_id = f[0].text;
    mail.account_id = f[1].text;
    mail.owner = f[2].text;
    mail.message_id = f[3].text;
    mail.pending = Lines(f[4].text);
    mail.size = Number(f[5]);
    mail.state = f[6].text;
    mail.attempts = static_cast<uint32_t>(Number(f[7]));
    mail.submitted_ms = Number(f[8]);
    mail.next_attempt_ms = Number(f[9]);
    mail.error = words::English(DecodeWording(f[10].text));
    page.mails.push_back(std::move(mail));
  }
  return page;
}

}  // namespace postern::sender
