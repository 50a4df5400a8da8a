#include "services/xmpp-edge/outcome.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/refusal.h"
#include "services/xmpp-edge/texts/refusals.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

using edge::v1::OutgoingContext;
using edge::v1::RecipientOutcome;
using edge::v1::ReportOutcomeRequest;

constexpr auto kBarrierDeadline = std::chrono::seconds(15);

std::string BareOf(const std::string& jid) {
  auto parsed = ParseJid(jid);
  return parsed.ok() ? parsed->Bare() : jid;
}

std::vector<RecipientOutcome> With(const ReportOutcomeRequest& report, edge::v1::Outcome outcome) {
  std::vector<RecipientOutcome> found;
  for (const RecipientOutcome& one : report.recipients()) {
    if (one.outcome() == outcome) found.push_back(one);
  }
  return found;
}

std::string Names(const std::vector<RecipientOutcome>& recipients) {
  return absl::StrJoin(recipients, ", ", [](std::string* out, const RecipientOutcome& one) {
    out->append(one.recipient());
  });
}

// A wording of ours says what there is to say; a server's bare words are put into plain ones.
std::string ReasonOf(const RecipientOutcome& one, const Words& words) {
  const bool bare = one.wording().text().empty() || one.wording().text() == "$0";
  if (!bare) return words.Say(rpc::FromProto(one.wording()));
  if (one.reason().empty()) return texts::NoReason(words);
  const std::string meaning = texts::Meaning(words, MeaningOf(one.reason()));
  return meaning.empty() ? one.reason() : texts::WithServersWords(words, meaning, one.reason());
}

// The same for a repeated report in whatever language, another for the next outcome of
// the same mail. `what`: which of the report's news.
std::string NoteId(const ReportOutcomeRequest& report, absl::string_view what) {
  std::string told = absl::StrCat(report.queue_id(), "\n", what);
  for (const RecipientOutcome& one : report.recipients()) {
    absl::StrAppend(&told, "\n", one.recipient(), " ", one.outcome(), " ", one.reason());
  }
  return absl::StrCat("outcome-", crypto::Sha256Hex(told).substr(0, 20));
}

Element Note(const ReportOutcomeRequest& report, const OutgoingContext& context,
             absl::string_view what, absl::string_view text) {
  return NoteToAuthor(context, NoteId(report, what), text);
}

// XEP-0184.
Element Receipt(const ReportOutcomeRequest& report, const OutgoingContext& context) {
  Element receipt =
      MakeStanza("message", context.contact(), context.user(), "chat", NoteId(report, "received"));
  Element received = MakeElement("received", "urn:xmpp:receipts");
  received.Set("id", context.stanza_id());
  receipt.Add(std::move(received));
  receipt.Add(MakeElement("store", "urn:xmpp:hints"));
  return receipt;
}

// Who never wrote to that address is told whose the mail was.
std::string FailureLine(const OutgoingContext& context, const RecipientOutcome& one,
                        const Words& words) {
  const std::string reason = ReasonOf(one, words);
  switch (context.sent_by_rule()) {
    case edge::v1::SENT_BY_RULE_ANSWER:
      return texts::AnswerNotSentTo(words, one.recipient(), reason);
    case edge::v1::SENT_BY_RULE_COPY:
      return texts::CopyNotSentTo(words, one.recipient(), reason);
    case edge::v1::SENT_BY_RULE_NOTICE:
      return texts::NoticeNotSentTo(words, one.recipient(), reason);
    default:
      return texts::NotSentTo(words, one.recipient(), reason);
  }
}

// Nobody typed it, so there is no message to answer.
Element FailureNote(const ReportOutcomeRequest& report, const OutgoingContext& context,
                    const std::vector<RecipientOutcome>& failed, const Words& words) {
  std::vector<std::string> lines;
  for (const RecipientOutcome& one : failed) lines.push_back(FailureLine(context, one, words));
  return Note(report, context, "failed", absl::StrJoin(lines, "\n"));
}

void AddFailure(const ReportOutcomeRequest& report, const OutgoingContext& context,
                const std::vector<RecipientOutcome>& failed,
                const std::vector<RecipientOutcome>& sent, bool online, const Words& words,
                std::vector<Element>& stanzas) {
  std::vector<std::string> lines;
  for (const RecipientOutcome& one : failed) {
    lines.push_back(texts::NotSentTo(words, one.recipient(), ReasonOf(one, words)));
  }
  if (!sent.empty()) lines.push_back(texts::SentTo(words, Names(sent)));
  const std::string text = absl::StrJoin(lines, "\n");

  const Element message =
      MakeStanza("message", context.user(), context.contact(), "chat", context.stanza_id());
  const StanzaError error = ErrorForReason(failed.front().reason());
  stanzas.push_back(ErrorAnswer(message, error.type, error.condition, text));
  if (!online || context.stanza_id().empty()) {
    stanzas.push_back(Note(report, context, "failed", text));
  }
}

}  // namespace

OutcomeReporter::OutcomeReporter(FeatureContext context) : context_(std::move(context)) {}

std::vector<Element> OutcomeReporter::StanzasOf(const ReportOutcomeRequest& report) const {
  OutgoingContext context;
  if (!context.ParseFromString(report.context()) || context.user().empty()) {
    // Asking again would not help the sender: there is nobody to tell.
    log::Error("outcome without a readable author dropped", {{"mail", report.queue_id()}});
    return {};
  }
  // A rule's: it was sent from no conversation.
  if (context.contact().empty()) context.set_contact(context_.domain);
  const Words& words = context_.interpreter.Of(BareOf(context.user()));
  return OutcomeStanzas(report, context, AuthorIsOnline(context_.sessions, context), words);
}

net::Task<absl::Status> OutcomeReporter::Report(ReportOutcomeRequest report) {
  edge::v1::ReportOutcomesRequest reports;
  *reports.add_reports() = std::move(report);
  co_return co_await ReportAll(std::move(reports));
}

net::Task<absl::Status> OutcomeReporter::ReportAll(edge::v1::ReportOutcomesRequest reports) {
  std::vector<Element> stanzas;
  std::vector<std::string> told;
  for (const ReportOutcomeRequest& report : reports.reports()) {
    std::vector<Element> more = StanzasOf(report);
    if (!more.empty()) told.push_back(report.queue_id());
    std::move(more.begin(), more.end(), std::back_inserter(stanzas));
  }
  if (stanzas.empty()) co_return absl::OkStatus();
  absl::Status taken = co_await TellAuthor(context_.sink, std::move(stanzas));
  if (!taken.ok()) co_return taken;
  for (const std::string& mail : told) log::Info("outcome told", {{"mail", mail}});
  co_return taken;
}

bool AuthorIsOnline(const PresenceSessions& sessions, const OutgoingContext& message) {
  const std::vector<std::string> resources = sessions.FullJids(BareOf(message.user()));
  return std::find(resources.begin(), resources.end(), message.user()) != resources.end();
}

Element NoteToAuthor(const OutgoingContext& message, absl::string_view id, absl::string_view text) {
  Element note =
      MakeStanza("message", BareOf(message.contact()), BareOf(message.user()), "chat", id);
  note.AddText("body", text);
  if (!message.thread_id().empty()) note.AddText("thread", message.thread_id());
  if (!message.stanza_id().empty()) {
    Element reply = MakeElement("reply", "urn:xmpp:reply:0");  // XEP-0461
    reply.Set("to", BareOf(message.user())).Set("id", message.stanza_id());
    note.Add(std::move(reply));
  }
  note.Add(MakeElement("store", "urn:xmpp:hints"));  // XEP-0334
  return note;
}

net::Task<absl::Status> TellAuthor(StanzaSink& sink, std::vector<Element> stanzas) {
  for (Element& stanza : stanzas) {
    absl::Status sent = co_await sink.Send(std::move(stanza));
    if (!sent.ok()) co_return sent;
  }
  co_return co_await net::WithDeadline(kBarrierDeadline, sink.Barrier());
}

std::vector<Element> OutcomeStanzas(const ReportOutcomeRequest& report,
                                    const OutgoingContext& context, bool online,
                                    const Words& words) {
  const auto sent = With(report, edge::v1::OUTCOME_SENT);
  const auto failed = With(report, edge::v1::OUTCOME_FAILED);
  const auto delayed = With(report, edge::v1::OUTCOME_DELAYED);
  std::vector<Element> stanzas;
  if (context.failures_only()) {
    if (!failed.empty()) stanzas.push_back(FailureNote(report, context, failed, words));
    return stanzas;
  }
  if (!failed.empty()) {
    AddFailure(report, context, failed, sent, online, words, stanzas);
  } else if (!sent.empty()) {
    // A receipt says that the whole mail has left.
    const bool all = delayed.empty() && sent.size() >= context.recipients();
    const bool receipt = all && context.wants_receipt();
    if (receipt) stanzas.push_back(Receipt(report, context));
    if (!receipt || context.inferred()) {
      stanzas.push_back(Note(report, context, "sent", texts::SentTo(words, Names(sent))));
    }
  }
  if (!delayed.empty()) {
    std::vector<std::string> lines;
    for (const RecipientOutcome& one : delayed) {
      lines.push_back(texts::DelayedTo(words, one.recipient(), ReasonOf(one, words)));
    }
    lines.push_back(texts::TriedAgain(words));
    stanzas.push_back(Note(report, context, "delayed", absl::StrJoin(lines, "\n")));
  }
  return stanzas;
}

StanzaError ErrorForReason(absl::string_view reason) {
  const auto [basic, klass, subject, detail] = CodesIn(reason);
  if (klass == 4 || (klass == 0 && basic / 100 == 4)) return {"wait", "remote-server-timeout"};
  if (subject == 1 && (detail == 3 || detail == 7)) return {"modify", "jid-malformed"};
  if (subject == 1) return {"cancel", "item-not-found"};
  if (subject == 2 && detail == 2) return {"wait", "resource-constraint"};
  if ((subject == 2 || subject == 3) && (detail == 3 || detail == 4)) {
    return {"wait", "resource-constraint"};  // too large
  }
  if (subject == 7 && detail == 8) return {"auth", "not-authorized"};
  if (subject == 7) return {"modify", "policy-violation"};
  switch (basic) {
    case 530:
    case 534:
    case 535:
    case 538:
      return {"auth", "not-authorized"};
    case 550:
    case 551:
      return {"cancel", "item-not-found"};
    case 552:
      return {"wait", "resource-constraint"};
    case 553:
      return {"modify", "jid-malformed"};
    case 554:
    case 571:
      return {"modify", "policy-violation"};
    default:
      return {"cancel", "undefined-condition"};
  }
}

}  // namespace postern::xmpp_edge
