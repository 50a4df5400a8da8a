#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "services/fetcher/imap/list_data.h"

namespace postern::fetcher {

struct Folder {
  std::string name;     // its own, without those above it; UTF-8
  std::string mailbox;  // what imap::Session::Examine takes
  bool selectable = false;
  bool has_children = false;
  std::string special_use;  // RFC 6154: "Sent"; empty: none
  std::optional<uint32_t> messages, unseen;
  bool operator==(const Folder&) const = default;
};

// The folders of an account, from what LIST said of each, in any order. Levels come
// from each name's own separator; a folder above another one that the server didn't
// list is there all the same, and can't be selected. INBOX is itself in any spelling
// of case (RFC 3501 section 5.1). Names that are no text are left out.
class FolderTree {
 public:
  static constexpr size_t kMaxFolders = 20'000;
  static constexpr size_t kMaxBytes = 8 * 1024 * 1024;  // that the tree may cost

  // Ignored past a limit: then cut() says so. What is added again is known better.
  void Add(const imap::ListedMailbox& listed);
  // Takes folders for what they are called, of which the server doesn't say what they are for:
  // those right at the top, or right below INBOX.
  void GuessSpecialUses();
  bool cut() const { return cut_; }
  size_t size() const { return size_; }
  // What it costs, about.
  size_t bytes() const { return bytes_; }

  // `path` names folders from the top down. Nothing when there is none.
  std::optional<Folder> Find(std::span<const std::string> path) const;
  // The folders right below it, in the order of their names.
  std::vector<Folder> Below(std::span<const std::string> path) const;
  // The names of all mailboxes that can be selected.
  std::vector<std::string> Mailboxes() const;
  // The mailbox of that use ("Sent"); nothing when there is none.
  std::optional<std::string> MailboxFor(absl::string_view special_use) const;

 private:
  struct Node {
    std::string mailbox;
    bool selectable = false;
    bool says_children = false;
    bool listed = false;
    std::string special_use;
    std::optional<uint32_t> messages, unseen;
    absl::btree_map<std::string, std::unique_ptr<Node>> children;
  };
  Node* Grow(const std::vector<std::string>& levels, absl::string_view separator);
  const Node* Walk(std::span<const std::string> path) const;
  Folder Describe(const std::string& name, const Node& node) const;
  static void Collect(const Node& node, std::vector<std::string>& mailboxes);
  static const Node* FindUse(const Node& node, absl::string_view special_use);
  void GuessBelow(Node& node);

  Node top_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace postern::fetcher
