#include "services/fetcher/folder_tree.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/fetcher/imap/mailbox_name.h"

namespace postern::fetcher {

namespace {

constexpr absl::string_view kInbox = "INBOX";
constexpr size_t kMaxLevels = 100;
constexpr size_t kNodeBytes = 200;  // a node's own, beside its names

// Empty: it names no folder.
std::vector<std::string> LevelsOf(absl::string_view name, absl::string_view separator) {
  // Some servers write a separator behind what can't be selected.
  if (!separator.empty()) absl::ConsumeSuffix(&name, separator);
  std::vector<std::string> levels;
  if (separator.empty()) {
    levels.emplace_back(name);
  } else {
    levels = absl::StrSplit(name, separator);
  }
  const bool hollow = std::any_of(levels.begin(), levels.end(),
                                  [](const std::string& level) { return level.empty(); });
  if (hollow || levels.size() > kMaxLevels) return {};
  if (absl::EqualsIgnoreCase(levels[0], kInbox)) levels[0] = std::string(kInbox);
  return levels;
}

// What mail programs call the folders that they make, in the languages of many users.
constexpr struct {
  absl::string_view name;  // ASCII letters in lower case
  absl::string_view use;
} kWellKnown[] = {
    {"sent", "Sent"},
    {"sent items", "Sent"},
    {"sent mail", "Sent"},
    {"sent messages", "Sent"},
    {"gesendet", "Sent"},
    {"gesendete objekte", "Sent"},
    {"gesendete elemente", "Sent"},
    {"envoyés", "Sent"},
    {"Éléments envoyés", "Sent"},
    {"enviados", "Sent"},
    {"elementos enviados", "Sent"},
    {"inviata", "Sent"},
    {"posta inviata", "Sent"},
    {"verzonden", "Sent"},
    {"verzonden items", "Sent"},
    {"Отправленные", "Sent"},
    {"wysłane", "Sent"},
    {"trash", "Trash"},
    {"bin", "Trash"},
    {"deleted items", "Trash"},
    {"deleted messages", "Trash"},
    {"papierkorb", "Trash"},
    {"gelöschte objekte", "Trash"},
    {"gelöschte elemente", "Trash"},
    {"corbeille", "Trash"},
    {"papelera", "Trash"},
    {"cestino", "Trash"},
    {"prullenbak", "Trash"},
    {"Корзина", "Trash"},
    {"kosz", "Trash"},
    {"junk", "Junk"},
    {"junk mail", "Junk"},
    {"junk e-mail", "Junk"},
    {"junk email", "Junk"},
    {"spam", "Junk"},
    {"bulk mail", "Junk"},
    {"drafts", "Drafts"},
    {"draft", "Drafts"},
    {"entwürfe", "Drafts"},
    {"brouillons", "Drafts"},
    {"borradores", "Drafts"},
    {"bozze", "Drafts"},
    {"concepten", "Drafts"},
    {"Черновики", "Drafts"},
    {"archive", "Archive"},
    {"archives", "Archive"},
    {"archiv", "Archive"},
};

absl::string_view UseByName(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const auto& known : kWellKnown) {
    if (known.name == lower) return known.use;
  }
  return "";
}

}  // namespace

void FolderTree::Add(const imap::ListedMailbox& listed) {
  const std::optional<std::string> name =
      listed.utf8 ? imap::ReadableUtf8Name(listed.name) : imap::ReadableMailboxName(listed.name);
  if (!name) return;
  const std::vector<std::string> levels = LevelsOf(*name, listed.separator);
  if (levels.empty()) return;
  Node* node = Grow(levels, listed.separator);
  if (node == nullptr) return;
  // The same name twice, by two spellings or namespaces: the one that opens counts.
  if (!node->listed || (listed.selectable && !node->selectable)) {
    node->mailbox = levels.size() == 1 ? levels[0] : *name;
    node->selectable = listed.selectable;
  }
  node->listed = true;
  node->says_children |= listed.has_children;
  if (!listed.special_use.empty()) node->special_use = listed.special_use;
  if (listed.messages) node->messages = listed.messages;
  if (listed.unseen) node->unseen = listed.unseen;
}

// The node of that path, and those above it. Null past a limit.
FolderTree::Node* FolderTree::Grow(const std::vector<std::string>& levels,
                                   absl::string_view separator) {
  Node* node = &top_;
  std::string mailbox;
  for (const std::string& level : levels) {
    absl::StrAppend(&mailbox, mailbox.empty() ? "" : separator, level);
    const auto found = node->children.find(level);
    if (found != node->children.end()) {
      node = found->second.get();
      continue;
    }
    const size_t cost = level.size() + mailbox.size() + kNodeBytes;
    if (size_ >= kMaxFolders || bytes_ + cost > kMaxBytes) {
      cut_ = true;
      return nullptr;
    }
    ++size_;
    bytes_ += cost;
    auto fresh = std::make_unique<Node>();
    fresh->mailbox = mailbox;
    node = node->children.emplace(level, std::move(fresh)).first->second.get();
  }
  return node;
}

const FolderTree::Node* FolderTree::Walk(std::span<const std::string> path) const {
  const Node* node = &top_;
  for (size_t i = 0; i < path.size(); ++i) {
    const bool inbox = i == 0 && absl::EqualsIgnoreCase(path[0], kInbox);
    const auto found = node->children.find(inbox ? kInbox : path[i]);
    if (found == node->children.end()) return nullptr;
    node = found->second.get();
  }
  return node;
}

Folder FolderTree::Describe(const std::string& name, const Node& node) const {
  Folder folder;
  folder.name = name;
  folder.mailbox = node.mailbox;
  folder.selectable = node.selectable;
  // Where everything was listed, the list knows better than the flag.
  folder.has_children = !node.children.empty() || (cut_ && node.says_children);
  folder.special_use = node.special_use;
  folder.messages = node.messages;
  folder.unseen = node.unseen;
  return folder;
}

std::optional<Folder> FolderTree::Find(std::span<const std::string> path) const {
  const Node* node = path.empty() ? nullptr : Walk(path);
  if (node == nullptr) return std::nullopt;
  const bool inbox = path.size() == 1 && absl::EqualsIgnoreCase(path[0], kInbox);
  const std::string name(inbox ? kInbox : absl::string_view(path.back()));
  return Describe(name, *node);
}

std::vector<Folder> FolderTree::Below(std::span<const std::string> path) const {
  std::vector<Folder> below;
  const Node* node = Walk(path);
  if (node == nullptr) return below;
  below.reserve(node->children.size());
  for (const auto& [name, child] : node->children) below.push_back(Describe(name, *child));
  return below;
}

void FolderTree::Collect(const Node& node, std::vector<std::string>& mailboxes) {
  for (const auto& [name, child] : node.children) {
    if (child->selectable) mailboxes.push_back(child->mailbox);
    Collect(*child, mailboxes);
  }
}

// --- what they are for ------------------------------------------------------------

const FolderTree::Node* FolderTree::FindUse(const Node& node, absl::string_view special_use) {
  for (const auto& [name, child] : node.children) {
    if (child->special_use == special_use && child->selectable) return child.get();
    if (const Node* found = FindUse(*child, special_use)) return found;
  }
  return nullptr;
}

std::optional<std::string> FolderTree::MailboxFor(absl::string_view special_use) const {
  const Node* node = FindUse(top_, special_use);
  if (node == nullptr) return std::nullopt;
  return node->mailbox;
}

void FolderTree::GuessBelow(Node& node) {
  for (auto& [name, child] : node.children) {
    const absl::string_view use = UseByName(name);
    if (use.empty() || !child->selectable || !child->special_use.empty()) continue;
    if (FindUse(top_, use) == nullptr) child->special_use = std::string(use);
  }
}

void FolderTree::GuessSpecialUses() {
  GuessBelow(top_);
  const auto inbox = top_.children.find(kInbox);
  if (inbox != top_.children.end()) GuessBelow(*inbox->second);
}

std::vector<std::string> FolderTree::Mailboxes() const {
  std::vector<std::string> mailboxes;
  Collect(top_, mailboxes);
  return mailboxes;
}

}  // namespace postern::fetcher
