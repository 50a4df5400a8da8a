// The part of ImapVisit that lists folders.

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/fetcher/imap_visit.h"

namespace postern::fetcher {

namespace {

// Of how many folders the mails are counted: each costs the server a look.
constexpr size_t kMaxCounted = 500;

}  // namespace

// All of it at once, for a tree of our own: clients ask for each folder by itself, and a
// name with a wildcard in it can't be asked for level by level without answers for others.
// `few` are those that are listed, as long as they are few.
net::Task<absl::Status> ImapVisit::ListNames(FolderTree& tree,
                                             std::vector<imap::ListedMailbox>& few) {
  size_t senseless = 0;
  imap::Session::ListSink sink = [&](std::optional<imap::ListedMailbox> mailbox) {
    if (!mailbox) ++senseless;
    if (!mailbox) return;
    tree.Add(*mailbox);
    if (few.size() <= kMaxCounted) few.push_back(*std::move(mailbox));
  };
  // The top first: whatever is cut, it is whole.
  const std::string top = "%", all = "*";
  absl::Status listed = co_await session_.List(top, sink);
  few.clear();
  if (listed.ok()) listed = co_await session_.ListWithUses(all, sink);
  if (listed.ok()) listed = co_await ListForeign(tree);
  if (!listed.ok()) co_return Failed(Step::kRead, listed);
  tree.GuessSpecialUses();
  if (tree.cut() || senseless > 0) {
    log::Warn("folders left out", {{"account", account_.id},
                                   {"folders", tree.size()},
                                   {"cut", tree.cut()},
                                   {"senseless", senseless}});
  }
  co_return absl::OkStatus();
}

// Folders of others, which not every server puts into its list unasked.
net::Task<absl::Status> ImapVisit::ListForeign(FolderTree& tree) {
  auto prefixes = co_await session_.ForeignNamespaces();
  if (!prefixes.ok()) co_return prefixes.status();
  imap::Session::ListSink sink = [&tree](std::optional<imap::ListedMailbox> mailbox) {
    if (mailbox) tree.Add(*mailbox);
  };
  for (const std::string& prefix : *prefixes) {
    const bool wild = prefix.find_first_of("*%") != std::string::npos;
    if (wild || tree.size() >= FolderTree::kMaxFolders) continue;
    const std::string pattern = absl::StrCat(prefix, "*");
    absl::Status listed = co_await session_.List(pattern, sink);
    if (!listed.ok() && !absl::IsFailedPrecondition(listed)) co_return listed;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapVisit::CountMails(std::vector<imap::ListedMailbox> few,
                                              FolderTree& tree) {
  if (!session_.ListsCounts() || few.size() > kMaxCounted) co_return absl::OkStatus();
  absl::flat_hash_map<std::string, imap::ListedMailbox> by_name;
  for (imap::ListedMailbox& mailbox : few) {
    std::string name = mailbox.name;
    by_name.emplace(std::move(name), std::move(mailbox));
  }
  imap::Session::CountsSink sink = [&](imap::MailboxCounts counts) {
    const auto found = by_name.find(counts.name);
    if (found == by_name.end()) return;
    found->second.messages = counts.messages;
    found->second.unseen = counts.unseen;
    tree.Add(found->second);
  };
  const std::string all = "*";
  absl::Status counted = co_await session_.ListCounts(all, std::move(sink));
  // They are an extra.
  if (counted.ok() || absl::IsFailedPrecondition(counted)) co_return absl::OkStatus();
  co_return Failed(Step::kRead, counted);
}

net::Task<absl::StatusOr<FolderTree>> ImapVisit::ListFolders() {
  FolderTree tree;
  std::vector<imap::ListedMailbox> few;
  if (absl::Status s = co_await ListNames(tree, few); !s.ok()) co_return s;
  if (absl::Status s = co_await CountMails(std::move(few), tree); !s.ok()) co_return s;
  co_return tree;
}

}  // namespace postern::fetcher
