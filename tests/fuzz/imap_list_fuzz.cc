// Any line of an IMAP server must parse or be refused; what LIST names must be a folder
// that can be asked for again, or none.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "lib/mail/utf8.h"
#include "services/fetcher/folder_tree.h"
#include "services/fetcher/imap/list_data.h"
#include "services/fetcher/imap/mailbox_data.h"
#include "services/fetcher/imap/mailbox_name.h"
#include "services/fetcher/imap/response.h"
#include "services/fetcher/imap/uid_set.h"

namespace {

namespace imap = postern::fetcher::imap;
using postern::fetcher::Folder;
using postern::fetcher::FolderTree;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireReachable(const FolderTree& tree, std::vector<std::string>& path) {
  for (const Folder& folder : tree.Below(path)) {
    Require(!folder.name.empty() && postern::mail::IsUtf8(folder.name));
    Require(!postern::mail::HasControls(folder.mailbox) &&
            imap::EncodeMailboxName(folder.mailbox).ok());
    path.push_back(folder.name);
    Require(tree.Find(path).has_value());
    RequireReachable(tree, path);
    path.pop_back();
  }
}

// What is said of mailboxes beside LIST, and what a search found.
void ReadOther(const imap::Response& response) {
  imap::ParseStatus(response);
  imap::ParseForeignNamespaces(response);
  imap::ParseQuota(response);
  imap::ParseFlagList(response.code_text);
  imap::ParseAppendUid(response.code_text);
  imap::UidSet found;
  found.Add(response.text);
  const std::vector<uint32_t> newest = found.Below(UINT32_MAX, 10);
  for (size_t i = 0; i < newest.size(); ++i) {
    Require(found.Contains(newest[i]) && (i == 0 || newest[i] < newest[i - 1]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto name = imap::DecodeMailboxName(bytes)) {
    Require(imap::EncodeMailboxName(*name).value_or("") == bytes);
  }
  FolderTree tree;
  size_t at = 0;
  while (at <= bytes.size()) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const auto response = imap::ParseResponse(bytes.substr(at, end - at));
    if (response.ok()) ReadOther(*response);
    if (response.ok() && response->name == "LIST") {
      if (const auto listed = imap::ParseList(*response)) tree.Add(*listed);
    }
    at = end + 1;
  }
  std::vector<std::string> path;
  RequireReachable(tree, path);
  return 0;
}
