#include "absl/strings/str_join.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

absl::Status ListSessions(Session& session) {
  auto answer = session.Call(&Session::Stub::ListSessions, edge::v1::ListSessionsRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"USER", "PRESENCE", "SINCE", "RESOURCES"});
  for (const edge::v1::Session& user : answer->sessions())
    table.Add({user.user(), Words(user.show()), TimeWords(user.since_unix_ms() / 1000),
               user.resources().empty() ? "none now; counts as before for a moment"
                                        : absl::StrJoin(user.resources(), ", ")});
  table.Print(session.out(), "Nobody is available.");
  if (!answer->link_up()) session.out() << "The link to the XMPP server is down.\n";
  return absl::OkStatus();
}

}  // namespace

void AddSessions(Nouns& nouns) {
  CLI::App& sessions = nouns.AddNoun("sessions", "Users who are available now");
  nouns.AddVerb(sessions, "list", "Their presence and the clients they use",
                "Example:\n  posternctl sessions list\n", ListSessions);
}

}  // namespace postern::posternctl
