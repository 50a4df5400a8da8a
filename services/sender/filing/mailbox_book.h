#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "postern/admin/v1/admin.pb.h"

namespace postern::sender {

// A user's IMAP account, as far as sent mail is filed there.
struct Mailbox {
  std::string id, owner, name;
  std::string host, login;  // lower case
};

// The IMAP accounts of all users that are in use, as admin tells them.
class MailboxBook {
 public:
  // Takes in what AccountFeed heard, page by page.
  void Hear(const admin::v1::ListAccountChangesResponse& answer);
  // By name. Valid until the next Hear().
  std::vector<const Mailbox*> Of(absl::string_view owner) const;

 private:
  using Mailboxes = absl::flat_hash_map<std::string, Mailbox>;  // by id

  void Put(const admin::v1::Account& account);
  void Remove(const std::string& id);

  Mailboxes mailboxes_;
  absl::flat_hash_map<std::string, std::vector<std::string>> by_owner_;  // ids
  Mailboxes listed_;  // what a listing in pages has named so far
  bool listing_ = false;
};

}  // namespace postern::sender
