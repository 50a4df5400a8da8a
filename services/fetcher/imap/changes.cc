// The part of Session that changes a mailbox: flags, moves, removals. The mailbox was opened
// by Select.

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

// A plain EXPUNGE would remove what other clients have marked as well.
absl::Status NoSingleRemovals() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mail server can't remove single mails (it offers neither "
                                  "MOVE nor UIDPLUS)"));
}

}  // namespace

bool Session::CanExpungeSingly() const { return capabilities_.Has(Capability::kUidPlus); }

net::Task<absl::Status> Session::Store(const std::vector<uint32_t>& uids, FlagChange change,
                                       const std::vector<std::string>& flags) {
  const std::string words =
      absl::StrCat("UID STORE ", WriteUids(uids), " ", change == FlagChange::kAdd ? "+" : "-",
                   "FLAGS.SILENT (", absl::StrJoin(flags, " "), ")");
  const Command command(words);
  auto answer = co_await Execute(command);
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("STORE", *answer);
}

net::Task<absl::Status> Session::Expunge(const std::vector<uint32_t>& uids) {
  if (!CanExpungeSingly()) co_return NoSingleRemovals();
  const std::vector<std::string> deleted = {"\\Deleted"};
  if (absl::Status s = co_await Store(uids, FlagChange::kAdd, deleted); !s.ok()) co_return s;
  const Command command(absl::StrCat("UID EXPUNGE ", WriteUids(uids)));
  auto answer = co_await Execute(command);
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("EXPUNGE", *answer);
}

// "UID MOVE" or "UID COPY", by the spelling of the name that the server knows.
net::Task<absl::Status> Session::Transfer(const std::string& verb,
                                          const std::vector<uint32_t>& uids,
                                          const std::string& mailbox) {
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  absl::Status refused;
  for (const std::string& spelling : *spellings) {
    Command command(absl::StrCat("UID ", verb, " ", WriteUids(uids)), wire_form());
    if (absl::Status s = command.AddString(spelling, "mailbox name"); !s.ok()) co_return s;
    auto answer = co_await Execute(command);
    if (!answer.ok()) co_return answer.status();
    if (answer->name == "OK") co_return absl::OkStatus();
    if (refused.ok()) refused = TargetRefusal(verb, mailbox, *answer);
    if (answer->name != "NO") break;
  }
  co_return refused;
}

net::Task<absl::Status> Session::Move(const std::vector<uint32_t>& uids,
                                      const std::string& mailbox) {
  const std::string move = "MOVE", copy = "COPY";
  if (capabilities_.Has(Capability::kMove)) co_return co_await Transfer(move, uids, mailbox);
  // Before anything is copied.
  if (!CanExpungeSingly()) co_return NoSingleRemovals();
  if (absl::Status s = co_await Transfer(copy, uids, mailbox); !s.ok()) co_return s;
  co_return co_await Expunge(uids);
}

net::Task<absl::Status> Session::Copy(const std::vector<uint32_t>& uids,
                                      const std::string& mailbox) {
  const std::string copy = "COPY";
  co_return co_await Transfer(copy, uids, mailbox);
}

// RFC 3501 sections 6.3.3 and 6.3.6.
net::Task<absl::Status> Session::Create(const std::string& mailbox) {
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  const std::string& wire_name = enabled_.utf8 ? mailbox : spellings->front();
  Command create("CREATE", wire_form());
  if (absl::Status s = create.AddString(wire_name, "mailbox name"); !s.ok()) co_return s;
  auto created = co_await Execute(create);
  if (!created.ok()) co_return created.status();
  if (created->name == "NO" && created->code == "ALREADYEXISTS") co_return absl::OkStatus();
  if (absl::Status s = Refusal("CREATE", *created); !s.ok()) co_return s;
  Command subscribe("SUBSCRIBE", wire_form());
  if (absl::Status s = subscribe.AddString(wire_name, "mailbox name"); !s.ok()) co_return s;
  auto subscribed = co_await Execute(subscribe);
  // It is there; who shows subscribed folders alone misses it, no more.
  co_return subscribed.status();
}

}  // namespace postern::fetcher::imap
