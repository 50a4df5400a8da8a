#include "services/fetcher/effects/fact_finder.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::fetcher {

namespace {

constexpr absl::string_view kMailbox = "mailbox:", kSpecialUse = "special-use:",
                            kNotify = "notify:";

bool AsksOfFolders(const std::string& key) {
  return absl::StartsWith(key, kMailbox) || absl::StartsWith(key, kSpecialUse);
}

// By levels with "/" between them, as rules may name a folder whatever its server has there, at
// the top or below INBOX.
bool IsPath(const FolderTree& tree, absl::string_view name) {
  std::vector<std::string> path = absl::StrSplit(name, '/');
  const std::optional<Folder> found = tree.Find(path);
  if (found && found->selectable) return true;
  path.insert(path.begin(), "INBOX");
  const std::optional<Folder> below = tree.Find(path);
  return below && below->selectable;
}

// What the folder tree says to one question.
std::string FolderFact(const FolderTree& tree, const absl::flat_hash_set<std::string>& mailboxes,
                       absl::string_view key) {
  if (absl::ConsumePrefix(&key, kMailbox)) {
    const bool there =
        absl::EqualsIgnoreCase(key, "INBOX") || mailboxes.contains(key) || IsPath(tree, key);
    return there ? "yes" : "no";
  }
  absl::ConsumePrefix(&key, kSpecialUse);
  absl::ConsumePrefix(&key, "\\");
  return tree.MailboxFor(key).value_or("");
}

}  // namespace

std::string PresenceWord(const Availability& availability) {
  if (!availability.known) return "";
  switch (availability.show) {
    case Show::kChat:
      return "chat";
    case Show::kOnline:
      return "online";
    case Show::kAway:
      return "away";
    case Show::kXa:
      return "xa";
    case Show::kDnd:
      return "dnd";
    default:
      return "offline";
  }
}

// RFC 5435 section 5: of people who use this gateway we know it, of others nobody does.
std::string FactFinder::NotifyCapability(absl::string_view question) const {
  const size_t end = question.rfind('\n');
  if (end == question.npos || question.substr(end + 1) != "online") return "";
  absl::string_view uri = question.substr(0, end);
  if (!absl::StartsWithIgnoreCase(uri, "xmpp:")) return "maybe";
  uri.remove_prefix(5);
  const std::string jid(uri.substr(0, uri.find_first_of("?/")));
  if (!book_.IsUser(jid)) return "maybe";
  const Availability availability = availability_.Of(jid);
  if (!availability.known) return "maybe";
  return availability.show == Show::kOffline ? "no" : "yes";
}

net::Task<absl::StatusOr<FactFinder::Facts>> FactFinder::Find(
    std::shared_ptr<const Account> account, std::vector<std::string> keys) {
  Facts facts;
  FolderDesk::Tree tree;
  absl::flat_hash_set<std::string> mailboxes;
  if (keys.size() > kMost) keys.resize(kMost);
  for (const std::string& key : keys) {
    if (!AsksOfFolders(key)) {
      absl::string_view question = key;
      const bool of_notify = absl::ConsumePrefix(&question, kNotify);
      facts[key] = of_notify ? NotifyCapability(question) : "";
      continue;
    }
    if (account->type != AccountType::kImap) {
      const bool inbox = absl::EqualsIgnoreCase(key, "mailbox:INBOX");
      facts[key] = inbox ? "yes" : absl::StartsWith(key, kMailbox) ? "no" : "";
      continue;
    }
    if (!tree) {
      auto asked = co_await folders_.TreeOf(account);
      if (!asked.ok()) {
        co_return absl::UnavailableError(
            absl::StrCat("the folders are not known now: ", asked.status().message()));
      }
      tree = *std::move(asked);
      for (std::string& mailbox : tree->Mailboxes()) mailboxes.insert(std::move(mailbox));
    }
    facts[key] = FolderFact(*tree, mailboxes, key);
  }
  co_return facts;
}

}  // namespace postern::fetcher
