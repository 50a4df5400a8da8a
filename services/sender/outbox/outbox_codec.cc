#include "services/sender/outbox/outbox_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
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

TakenMail ReadTaken(const std::vector<Reply>& f) {
  TakenMail mail;
  mail.lease.queue_id = f[0].text;
  mail.lease.token = absl::StrCat(Number(f[1]));
  mail.attempts = static_cast<int>(Number(f[2]));
  mail.age = milliseconds(Number(f[3]));
  mail.account_id = f[4].text;
  FixedPart fixed = DecodeFixed(f[5].text);
  mail.message_id = std::move(fixed.message_id);
  mail.envelope.from = std::move(fixed.from);
  mail.envelope.envelope_id = std::move(fixed.envelope_id);
  mail.envelope.eight_bit = fixed.eight_bit;
  mail.envelope.utf8 = fixed.utf8;
  mail.envelope.require_tls = fixed.require_tls;
  mail.owner = f[6].text;
  mail.envelope.to = Lines(f[7].text);
  mail.envelope.size = Number(f[8]);
  mail.uncertain = !f[9].text.empty();
  mail.content = f[10].text;
  return mail;
}

}  // namespace

std::string Ms(milliseconds duration) { return absl::StrCat(duration.count()); }

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

std::string EncodeFixed(const ComposedMail& mail, absl::string_view context) {
  const smtp::Envelope& envelope = mail.envelope;
  return absl::StrCat(mail.message_id, "\n", envelope.from, "\n", envelope.envelope_id, "\n",
                      envelope.eight_bit ? "8" : "", envelope.utf8 ? "u" : "",
                      envelope.require_tls ? "t" : "", "\n", absl::StrJoin(mail.hidden, "\t"), "\n",
                      context);
}

FixedPart DecodeFixed(absl::string_view text) {
  const std::vector<std::string> lines = absl::StrSplit(text, absl::MaxSplits('\n', 5));
  FixedPart fixed;
  if (lines.size() != 6) return fixed;
  fixed.message_id = lines[0];
  fixed.from = lines[1];
  fixed.envelope_id = lines[2];
  fixed.eight_bit = absl::StrContains(lines[3], '8');
  fixed.utf8 = absl::StrContains(lines[3], 'u');
  fixed.require_tls = absl::StrContains(lines[3], 't');
  fixed.hidden = absl::StrSplit(lines[4], '\t', absl::SkipEmpty());
  fixed.context = lines[5];
  return fixed;
}

absl::Status Fenced(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return reply.status();
  if (reply->integer == 1) return absl::OkStatus();
  return absl::AbortedError("outbox: the lease on the mail is lost");
}

absl::StatusOr<TakeResult> ReadTake(const Reply& reply) {
  if (!HasItems(reply, 1)) return Misshapen();
  TakeResult result;
  const std::string& word = reply.items[0].text;
  if (word == "EMPTY") return result;
  if (!HasItems(reply, 2)) return Misshapen();
  if (word == "WAIT") {
    result.next_due = milliseconds(Number(reply.items[1]));
    return result;
  }
  for (const Reply& item : reply.items[1].items) {
    if (!HasItems(item, 11)) return Misshapen();
    result.mails.push_back(ReadTaken(item.items));
  }
  return result;
}

absl::StatusOr<std::vector<Report>> ReadReports(const Reply& reply) {
  if (reply.kind != Reply::Kind::kArray) return Misshapen();
  std::vector<Report> reports;
  for (const Reply& item : reply.items) {
    if (!HasItems(item, 5)) return Misshapen();
    Report report;
    report.queue_id = item.items[0].text;
    report.sequence = item.items[1].text;
    report.outcomes = DecodeOutcomes(item.items[2].text);
    report.bytes = item.items[2].text.size();
    FixedPart fixed = DecodeFixed(item.items[3].text);
    report.context = std::move(fixed.context);
    report.message_id = std::move(fixed.message_id);
    report.age = milliseconds(Number(item.items[4]));
    reports.push_back(std::move(report));
  }
  return reports;
}

absl::StatusOr<std::vector<Filing>> ReadFilings(const Reply& reply) {
  if (!HasItems(reply, 1)) return Misshapen();
  std::vector<Filing> filings;
  for (const Reply& item : reply.items[0].items) {
    if (!HasItems(item, 7)) return Misshapen();
    const std::vector<Reply>& f = item.items;
    Filing filing;
    filing.queue_id = f[0].text;
    filing.account_id = f[1].text;
    filing.owner = f[2].text;
    FixedPart fixed = DecodeFixed(f[3].text);
    filing.message_id = std::move(fixed.message_id);
    filing.from = std::move(fixed.from);
    filing.hidden = std::move(fixed.hidden);
    filing.size = Number(f[4]);
    filing.attempts = static_cast<int>(Number(f[5]));
    filing.age = milliseconds(Number(f[6]));
    filings.push_back(std::move(filing));
  }
  return filings;
}

absl::StatusOr<QueuePage> ReadPage(const Reply& reply) {
  if (!HasItems(reply, 3)) return Misshapen();
  QueuePage page;
  page.total = Number(reply.items[0]);
  page.next = reply.items[1].text;
  for (const Reply& item : reply.items[2].items) {
    if (!HasItems(item, 13)) return Misshapen();
    const std::vector<Reply>& f = item.items;
    QueuedMail mail;
    mail.queue_id = f[0].text;
    mail.account_id = f[1].text;
    mail.owner = f[2].text;
    FixedPart fixed = DecodeFixed(f[3].text);
    mail.message_id = std::move(fixed.message_id);
    mail.from = std::move(fixed.from);
    mail.pending = Lines(f[4].text);
    mail.size = Number(f[5]);
    mail.state = f[6].text;
    mail.attempts = static_cast<uint32_t>(Number(f[7]));
    mail.submitted_ms = Number(f[8]);
    mail.next_attempt_ms = Number(f[9]);
    mail.error = words::English(DecodeWording(f[10].text));
    mail.uncertain = !f[11].text.empty();
    mail.dated = absl::StrContains(f[12].text, 'd');
    mail.gated = absl::StrContains(f[12].text, 'g');
    page.mails.push_back(std::move(mail));
  }
  return page;
}

absl::StatusOr<Sweep> ReadSweep(const Reply& reply) {
  if (!HasItems(reply, 2)) return Misshapen();
  Sweep sweep;
  sweep.done = Number(reply.items[0]);
  for (const Reply& item : reply.items[1].items) {
    if (!HasItems(item, 3)) return Misshapen();
    SweptMail mail;
    mail.queue_id = item.items[0].text;
    mail.state = item.items[1].text;
    mail.error = DecodeWording(item.items[2].text);
    sweep.expired.push_back(std::move(mail));
  }
  return sweep;
}

}  // namespace postern::sender
