#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

// POP3 has neither.
std::string NumberWords(uint32_t number) { return number == 0 ? "" : absl::StrCat(number); }

absl::Status ListWatches(Session& session) {
  auto answer = session.Call(&Session::Stub::ListWatches, fetcher::v1::ListWatchesRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table(
      {"ACCOUNT", "STATE", ">UIDVALIDITY", ">LAST UID", ">HANDED ON", "NEXT TRY", "FETCHER"});
  for (const fetcher::v1::Watch& watch : answer->watches())
    table.Add({watch.account_id(), watch.state(), NumberWords(watch.uid_validity()),
               NumberWords(watch.last_uid()), absl::StrCat(watch.mails_handed_on()),
               TimeWords(watch.next_attempt_unix()), watch.replica()});
  table.Print(session.out(), "No mailbox is watched.");
  return absl::OkStatus();
}

}  // namespace

void AddWatches(Nouns& nouns) {
  CLI::App& watches = nouns.AddNoun("watches", "Mailboxes that the fetchers watch");
  nouns.AddVerb(
      watches, "list", "Each with its state and how far it was read",
      "idle: the server tells of new mail; polling: it is asked at intervals; waiting: no\n"
      "connection until NEXT TRY. LAST UID is the cursor: all mail up to it is dealt with;\n"
      "by POP3 there is none. HANDED ON counts mails since its FETCHER took the account.\n\n"
      "Example:\n  posternctl watches list\n",
      ListWatches);
}

}  // namespace postern::posternctl
