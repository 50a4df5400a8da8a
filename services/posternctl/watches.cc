#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

absl::Status ListWatches(Session& session) {
  auto answer = session.Call(&Session::Stub::ListWatches, fetcher::v1::ListWatchesRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table(
      {"ACCOUNT", "STATE", ">UIDVALIDITY", ">LAST UID", ">HANDED ON", "NEXT TRY", "FETCHER"});
  for (const fetcher::v1::Watch& watch : answer->watches())
    table.Add({watch.account_id(), watch.state(), absl::StrCat(watch.uid_validity()),
               absl::StrCat(watch.last_uid()), absl::StrCat(watch.mails_handed_on()),
               TimeWords(watch.next_attempt_unix()), watch.replica()});
  table.Print(session.out(), "No mailbox is watched.");
  return absl::OkStatus();
}

}  // namespace

void AddWatches(Nouns& nouns) {
  CLI::App& watches = nouns.AddNoun("watches", "Mailboxes that the fetchers watch");
  nouns.AddVerb(watches, "list", "Each with its state and how far it was read",
                "LAST UID is the cursor: all mail up to it is dealt with. HANDED ON counts mails\n"
                "since its FETCHER took the account.\n\nExample:\n  posternctl watches list\n",
                ListWatches);
}

}  // namespace postern::posternctl
