// `posternctl rules explain`: from the record of the rules service, or from files.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"
#include "services/posternctl/explain_offline.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"
#include "services/rules/jsmail/installation.h"

namespace postern::posternctl {
namespace {

constexpr uint32_t kMostListed = 1000;

struct Question {
  std::string id, user;
  uint32_t limit = 50;
  std::string sieve, filter, envelope_from;
  OfflineQuestion offline;
  Connection connection;

  bool has_file() const {
    return !sieve.empty() || !filter.empty() || !offline.file.jsmail.empty();
  }
  bool of_connections() const {
    return !offline.file.jsmail.empty() &&
           rules::jsmail::KindNamed(offline.file.jsmail[0]) == crypto::FileKind::kAllowDeny;
  }
};
using Asked = std::shared_ptr<Question>;

// "s.sieve:2: not done: there is no folder "A""
std::string MishapText(const rules::v1::Mishap& mishap, const rules::v1::Decision& decision) {
  std::string place;
  if (static_cast<int>(mishap.action()) < decision.actions_size()) {
    const rules::v1::Action& action = decision.actions(static_cast<int>(mishap.action()));
    place = absl::StrCat(action.program(), ":", action.line(), ": ");
  }
  const std::string why = words::English(rpc::FromProto(mishap.why()));
  return absl::StrCat(place, "not done", why.empty() ? "" : ": ", why);
}

// What decided, and what could not be done or run: that is of no program.
std::string WhyOf(const rules::v1::Decision& decision) {
  std::string why;
  const auto add = [&why](const std::string& text) {
    if (text.empty() || absl::StrContains(why, text)) return;
    absl::StrAppend(&why, why.empty() ? "" : "; ", text);
  };
  // First: a program that failed did nothing of what its steps say.
  for (const mail::v1::Wording& error : decision.errors()) {
    add(words::English(rpc::FromProto(error)));
  }
  add(decision.reason());
  for (const rules::v1::TraceStep& step : decision.trace()) {
    if (step.program().empty()) add(step.text());
  }
  for (const rules::v1::Mishap& mishap : decision.mishaps()) add(MishapText(mishap, decision));
  if (decision.shown_instead()) add("so its owner got it");
  return why;
}

absl::Status ExplainRecorded(Session& session, const Question& question) {
  rules::v1::ListDecisionsRequest request;
  request.set_mail_id(question.id);
  request.set_user(question.user);
  request.set_limit(question.limit);
  auto answer = session.Call(&Session::Stub::ListDecisions, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"WHEN", "VERDICT", "USER", "FROM", "MAIL", "WHY"});
  for (const rules::v1::Decision& decision : answer->decisions())
    table.Add({TimeWords(decision.decided_unix()), Words(decision.verdict()), decision.user(),
               decision.from(), decision.mail_id(), WhyOf(decision)});
  table.Print(session.out(), "No rule has decided about such a mail within the last 7 days.");
  return absl::OkStatus();
}

absl::Status Explain(Session& session, const Question& question) {
  if (!question.has_file()) return ExplainRecorded(session, question);
  if (question.of_connections()) {
    return ExplainConnection(session, question.offline, question.connection);
  }
  return ExplainOffline(session, question.offline);
}

// What belongs together. Empty: all is well.
std::string Check(const Question& question) {
  static const auto& kinds = *new std::vector<crypto::FileKind>{
      crypto::FileKind::kReject, crypto::FileKind::kSubject, crypto::FileKind::kResponders,
      crypto::FileKind::kAllowDeny};
  const std::string wrong = CheckFileOptions(question.offline.file, kinds);
  if (!wrong.empty()) return wrong;
  const bool message = !question.offline.message_file.empty();
  if (!question.has_file()) {
    return message ? "--message needs the file to judge by: --jsmail KIND FILE, --sieve FILE or "
                     "--filter "
                     "FILE"
                   : "";
  }
  if (question.of_connections()) {
    return message || !question.connection.address.empty()
               ? ""
               : "--jsmail allow-deny needs --address, or --message to take one from";
  }
  return message ? "" : "--jsmail, --sieve and --filter need the mail to judge: --message MAIL";
}

void AddOfflineOptions(CLI::App& verb, const Asked& question, CLI::Option* id, CLI::Option* user) {
  OfflineQuestion& offline = question->offline;
  auto* jsmail = verb.add_option("--jsmail", offline.file.jsmail, "judge by this file of JSMail")
                     ->expected(2)
                     ->option_text("KIND FILE")
                     ->excludes(id)
                     ->excludes(user);
  auto* sieve = verb.add_option("--sieve", question->sieve, "judge by this Sieve script")
                    ->option_text("FILE")
                    ->excludes(id)
                    ->excludes(user)
                    ->excludes(jsmail);
  verb.add_option("--filter", question->filter, "judge by this content filter (cfrules.dat)")
      ->option_text("FILE")
      ->excludes(id)
      ->excludes(user)
      ->excludes(jsmail)
      ->excludes(sieve);
  verb.add_option("--message", offline.message_file, "the mail to judge")->option_text("MAIL");
  verb.add_option("--envelope-from", question->envelope_from,
                  "its envelope sender, '' for none; else as Return-Path says")
      ->option_text("ADDRESS");
  verb.add_option("--envelope-to", offline.envelope_to,
                  "its envelope recipient, may be repeated; else To and Cc")
      ->option_text("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_flag("--all", offline.every_step, "every test, not only what decided");
  verb.add_option("--service", question->connection.service,
                  "of an allow-deny file: smtp, pop3, password or remote; else all")
      ->option_text("SERVICE");
  verb.add_option("--address", question->connection.address,
                  "who connects; else as the mail's first Received says")
      ->option_text("IP");
  AddFileScopeOption(verb, offline.file.scope);
  AddKeyFileOption(verb, offline.file.key_file);
}

// As it stands, without "<>" around it: the case of a domain counts in JSMail's expressions.
std::string ReadEnvelope(const char* option, const std::string& given) {
  const bool brackets = given.size() > 1 && given.front() == '<' && given.back() == '>';
  const std::string address = brackets ? given.substr(1, given.size() - 2) : given;
  const bool plain = address.find_first_of(" \t\r\n<>,;") == address.npos;
  if (plain || mail::ParseAddress(address).ok()) return address;
  throw CLI::ValidationError(
      absl::StrCat(option, ": must be a mail address, like ann@example.org"));
}

void AddOptions(CLI::App& verb, const Asked& question) {
  auto* id = verb.add_option("ID", question->id, "a mail's id, from a log, or its Message-ID");
  auto* user = verb.add_option("--user", question->user, "only the mail of this bare JID")
                   ->option_text("JID");
  verb.add_option("--limit", question->limit, "at most so many, the newest")
      ->check(CLI::Range(1u, kMostListed))
      ->option_text("N [50]");
  AddOfflineOptions(verb, question, id, user);
  verb.parse_complete_callback([question, &verb] {
    if (verb.count("--envelope-from") > 0) {
      question->offline.envelope_from = ReadEnvelope("--envelope-from", question->envelope_from);
    }
    for (std::string& address : question->offline.envelope_to)
      address = ReadEnvelope("--envelope-to", address);
    if (!question->sieve.empty()) {
      question->offline.file.language = "sieve";
      question->offline.file.path = question->sieve;
    }
    if (!question->filter.empty()) {
      question->offline.file.language = "filter";
      question->offline.file.path = question->filter;
    }
    const std::string wrong = Check(*question);
    if (!wrong.empty()) throw CLI::ValidationError(wrong);
  });
}

}  // namespace

void AddExplain(Nouns& nouns, CLI::App& rules) {
  auto question = std::make_shared<Question>();
  CLI::App& explain = nouns.AddVerb(
      rules, "explain", "What rules do with a mail, or did, and why",
      "Lists what rules have decided within the last 7 days, the newest first. With --jsmail,\n"
      "--sieve or --filter, and --message, it judges one mail by one file, without a server. KIND\n"
      "is reject, subject, responders, or allow-deny (or allow), which judges the connection of\n"
      "the mail, or of --address, for each service or that of --service.\n"
      "With --json it prints {\"actions\":[...]}, what is done in order under Sieve's names;\n"
      "docs/operators.md tells all of it.\n"
      "What only a server knows is assumed, and told: mailboxes are there, programs run well,\n"
      "nothing was seen before. Scripts that are included lie beside the file. A script is judged\n"
      "as a user's unless --scope says or its commands show that it is an operator's; operators'\n"
      "rules may redirect and notify more often.\n\n"
      "Examples:\n  posternctl rules explain --user ann@example.org\n"
      "  posternctl rules explain '<20261122.1@example.net>'\n"
      "  posternctl rules explain --jsmail reject reject.txt --message mail.eml\n"
      "  posternctl rules explain --sieve ann.sieve --message mail.eml --json\n"
      "  posternctl rules explain --filter cfrules.dat --message mail.eml\n"
      "  posternctl rules explain --jsmail allow-deny acl.txt --service smtp --address 192.0.2.7\n",
      [question](Session& session) { return Explain(session, *question); });
  AddOptions(explain, question);
}

}  // namespace postern::posternctl
