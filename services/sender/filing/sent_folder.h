#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/filing/mailbox_book.h"

// Where the mail that an account sent is filed. Pure.
namespace postern::sender {

struct SentFolder {
  std::string account_id;  // IMAP
  std::string folder;      // UTF-8, as the server names it; empty: to be found by ChooseFolder
  bool operator==(const SentFolder&) const = default;
};

// Where `account` says (Sending.sent_folder in account.proto), else the mailbox of the same owner
// with the same login at the same provider. Nothing: nowhere, because the account says so, because
// there is no such mailbox, or because the site's relay carries its mail and no folder is named.
std::optional<SentFolder> ChooseSentFolder(const Account& account,
                                           const std::vector<const Mailbox*>& of_owner);

// The same for a mail of an account that is gone; `from` is the mail's address, all that is left of
// it: the mailbox with that login, else the owner's only one.
std::optional<SentFolder> SentFolderAfterwards(absl::string_view from,
                                               const std::vector<const Mailbox*>& of_owner);

// "imap.example.org" and "smtp.example.org" are one provider's: what is asked is the domain that
// somebody registered. Without a list of all public suffixes that is taken to be the last two
// labels, or three below what countries hand out as "co.uk" does. Under a suffix that is not
// known here two providers are taken for one, and then only among one user's own accounts with the
// same login. An address of the network, and a name of one label, is its own provider.
std::string ProviderOf(absl::string_view host);

// A folder as the server lists it.
struct ListedFolder {
  std::string mailbox;  // whole name
  std::string name;     // its own
  std::string special_use;
  bool selectable = true;
};
// The one with the special use \Sent (RFC 6154), else the one that is called as mail programs call
// it; empty when there is none.
std::string ChooseFolder(const std::vector<ListedFolder>& folders);

}  // namespace postern::sender
