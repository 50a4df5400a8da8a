#include "services/fetcher/folder_tree.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/similar_mailbox.h"

namespace postern::fetcher {
namespace {

using Path = std::vector<std::string>;

imap::ListedMailbox Listed(std::string name, std::string separator, bool selectable = true,
                           bool has_children = false) {
  imap::ListedMailbox listed;
  listed.name = std::move(name);
  listed.separator = std::move(separator);
  listed.selectable = selectable;
  listed.has_children = has_children;
  return listed;
}

std::string Show(const Folder& folder) {
  return absl::StrCat(folder.name, "=", folder.mailbox, folder.selectable ? "" : " closed",
                      folder.has_children ? " +" : "");
}

std::string Below(const FolderTree& tree, const Path& path) {
  std::vector<std::string> shown;
  for (const Folder& folder : tree.Below(path)) shown.push_back(Show(folder));
  return absl::StrJoin(shown, ", ");
}

std::string Self(const FolderTree& tree, const Path& path) {
  const auto folder = tree.Find(path);
  return folder ? Show(*folder) : "none";
}

TEST(FolderTree, GrowsFromNamesInAnyOrder) {
  FolderTree tree;
  tree.Add(Listed("Work.2026.&AMk-t&AOk-", "."));
  tree.Add(Listed("Work", ".", true, true));
  tree.Add(Listed("INBOX", "."));
  tree.Add(Listed("Archive", ".", false));
  EXPECT_EQ(Below(tree, {}), "Archive=Archive closed, INBOX=INBOX, Work=Work +");
  EXPECT_EQ(Below(tree, {"Work"}), "2026=Work.2026 closed +") << "not listed, there all the same";
  EXPECT_EQ(Below(tree, {"Work", "2026"}), "\xc3\x89t\xc3\xa9=Work.2026.\xc3\x89t\xc3\xa9");
  EXPECT_EQ(Self(tree, {"Work", "2026", "\xc3\x89t\xc3\xa9"}),
            "\xc3\x89t\xc3\xa9=Work.2026.\xc3\x89t\xc3\xa9");
  EXPECT_EQ(Self(tree, {"work"}), "none");
  EXPECT_EQ(Self(tree, {}), "none");
  EXPECT_EQ(Below(tree, {"nowhere", "x"}), "");
}

TEST(FolderTree, TakesEachNamesOwnSeparator) {
  FolderTree tree;
  tree.Add(Listed("a/b", "/"));
  tree.Add(Listed("a/b/c", "."));
  tree.Add(Listed("x.y", ""));
  EXPECT_EQ(Below(tree, {}), "a=a closed +, a/b/c=a/b/c, x.y=x.y");
  EXPECT_EQ(Self(tree, {"a/b/c"}), "a/b/c=a/b/c") << "a path is a list: a name may hold a slash";
}

TEST(FolderTree, KnowsInboxInAnyCase) {
  FolderTree tree;
  tree.Add(Listed("Inbox", "/"));
  tree.Add(Listed("inbox/Work", "/"));
  EXPECT_EQ(Below(tree, {}), "INBOX=INBOX +");
  EXPECT_EQ(Below(tree, {"iNbOx"}), "Work=inbox/Work");
  EXPECT_EQ(Self(tree, {"inbox"}), "INBOX=INBOX +");
}

TEST(FolderTree, LeavesOutWhatNamesNoFolder) {
  FolderTree tree;
  for (const char* name : {"a//b", "/", "/home", "\xff", "b\x07"}) tree.Add(Listed(name, "/"));
  EXPECT_EQ(tree.size(), 0u);
  tree.Add(Listed("Public/", "/", false));
  EXPECT_EQ(Below(tree, {}), "Public=Public closed");
  std::string deep = "a";
  for (int i = 0; i < 200; ++i) deep += "/a";
  tree.Add(Listed(deep, "/"));
  EXPECT_EQ(tree.size(), 1u);
}

TEST(FolderTree, StopsAtItsLimitsAndSaysSo) {
  FolderTree tree;
  for (size_t i = 0; i < FolderTree::kMaxFolders + 10; ++i) {
    tree.Add(Listed(absl::StrCat("folder ", i), "/", true, true));
  }
  EXPECT_TRUE(tree.cut());
  EXPECT_EQ(tree.size(), FolderTree::kMaxFolders);
  EXPECT_EQ(Self(tree, {"folder 7"}), "folder 7=folder 7 +")
      << "the server's word, for want of all";
  FolderTree wide;
  for (int i = 0; i < 20'000; ++i) wide.Add(Listed(absl::StrCat(std::string(990, 'x'), i), "/"));
  EXPECT_TRUE(wide.cut());
  EXPECT_LE(wide.bytes(), FolderTree::kMaxBytes);
}

TEST(SimilarMailbox, IsWhatTheUserMeant) {
  const std::vector<std::string> dots = {"INBOX", "INBOX.Happycoders", "INBOX.Work.2026",
                                         "INBOX.work"};
  const std::vector<std::string> slashes = {"INBOX", "Happycoders", "Work/2026"};
  struct {
    const std::vector<std::string>& mailboxes;
    const char* wanted;
    const char* meant;
  } const cases[] = {
      {dots, "INBOX/Happycoders", "INBOX.Happycoders"},
      {dots, "Happycoders", "INBOX.Happycoders"},
      {dots, "happycoders", "INBOX.Happycoders"},
      {dots, "inbox.HAPPYCODERS/", "INBOX.Happycoders"},
      {dots, "work/2026", "INBOX.Work.2026"},
      {dots, "work", "INBOX.work"},
      {dots, " INBOX ", "INBOX"},
      {slashes, "INBOX.Happycoders", "Happycoders"},
      {slashes, "INBOX/Happycoders", "Happycoders"},
      {slashes, "INBOX\\Work\\2026", "Work/2026"},
      {slashes, "Other", "none"},
      {slashes, "", "none"},
      {slashes, "/", "none"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.wanted);
    EXPECT_EQ(SimilarMailbox(c.wanted, c.mailboxes).value_or("none"), c.meant);
  }
}

}  // namespace
}  // namespace postern::fetcher
