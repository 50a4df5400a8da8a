// `posternctl rules explain`: from the record of the rules service, or from files.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_offline.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

constexpr uint32_t kMostListed = 1000;

struct Question {
  std::string id, user;
  uint32_t limit = 50;
  std::vector<std::string> jsmail;  // "reject" FILE
  OfflineQuestion offline;
};

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
               decision.from(), decision.mail_id(), decision.reason()});
  table.Print(session.out(), "No rule has decided about such a mail within the last 7 days.");
  return absl::OkStatus();
}

absl::Status ExplainOffline(Session& session, const Question& question) {
  auto decision = JudgeFile(question.offline);
  if (!decision.ok()) return decision.status();
  if (session.json) {
    rules::v1::ListDecisionsResponse document;
    *document.add_decisions() = *std::move(decision);
    return session.PrintJson(document);
  }
  const std::string reason =
      decision->reason().empty() ? "no reject line matched" : decision->reason();
  PrintLine(session.out(), absl::StrCat(Words(decision->verdict()), ": ", reason));
  return absl::OkStatus();
}

void AddOptions(CLI::App& verb, const std::shared_ptr<Question>& question) {
  auto* id = verb.add_option("ID", question->id, "a mail's id, from a log, or its Message-ID");
  auto* user = verb.add_option("--user", question->user, "only the mail of this bare JID")
                   ->option_text("JID");
  verb.add_option("--limit", question->limit, "at most so many, the newest")
      ->check(CLI::Range(1u, kMostListed))
      ->option_text("N [50]");
  auto* jsmail = verb.add_option("--jsmail", question->jsmail, "judge by this file of JSMail")
                     ->expected(2)
                     ->option_text("reject FILE")
                     ->excludes(id)
                     ->excludes(user);
  auto* message = verb.add_option("--message", question->offline.message_file, "the mail to judge")
                      ->option_text("MAIL")
                      ->needs(jsmail);
  jsmail->needs(message);
  verb.add_option("--envelope-from", question->offline.envelope_from,
                  "its envelope sender; else as Return-Path says")
      ->option_text("ADDRESS")
      ->needs(jsmail);
  verb.add_option("--envelope-to", question->offline.envelope_to,
                  "its envelope recipient, may be repeated; else To and Cc")
      ->option_text("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(jsmail);
  verb.parse_complete_callback([question] {
    if (question->jsmail.empty()) return;
    if (question->jsmail[0] != "reject")
      throw CLI::ValidationError("--jsmail", "the only kind known is reject: --jsmail reject FILE");
    question->offline.reject_file = question->jsmail[1];
  });
}

}  // namespace

void AddExplain(Nouns& nouns, CLI::App& rules) {
  auto question = std::make_shared<Question>();
  CLI::App& explain = nouns.AddVerb(
      rules, "explain", "Why a mail was stopped, or let through all the same",
      "Lists what rules have decided within the last 7 days, the newest first. With --jsmail\n"
      "and --message it judges one mail by one file, without a server.\n\n"
      "Examples:\n  posternctl rules explain --user ann@example.org\n"
      "  posternctl rules explain '<20261122.1@example.net>'\n"
      "  posternctl rules explain --jsmail reject reject.txt --message mail.eml\n",
      [question](Session& session) {
        return question->jsmail.empty() ? ExplainRecorded(session, *question)
                                        : ExplainOffline(session, *question);
      });
  AddOptions(explain, question);
}

}  // namespace postern::posternctl
