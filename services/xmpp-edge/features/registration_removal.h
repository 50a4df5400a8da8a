#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_answers.h"

namespace postern::xmpp_edge {

// What somebody wants removed: some accounts, or all with the registration itself.
struct RemovalWish {
  std::string user;  // bare JID
  std::vector<AccountDirectory::Account> accounts;
  bool everything = false;
};

// "home, work".
std::string NamesOf(const RemovalWish& wish);

// Removal happens when it is asked for twice within two minutes, with a second between the
// two and under another stanza id: else it was not read. The first time is
// remembered in Redis (postern:session:removal:{bare-jid}), so that it does not matter
// which edge hears the second, or whether it comes by iq or by chat, and names exactly what
// would be removed: an account that is added in between makes it a first time again.
class Removal {
 public:
  explicit Removal(FeatureContext context) : context_(std::move(context)) {}

  // The first time nothing changes: the answer is an error that says so, and a message
  // says it again, for clients that show no errors. Its type is "modify", though nothing
  // is wrong: after "continue" a client may take it for done, and after "wait" a library
  // may repeat it by itself.
  net::Task<Element> Take(Asked asked, RemovalWish wish);

  // The same by chat, of one account: what to say.
  net::Task<std::string> TakeByChat(RemovalWish wish, std::string message_id, Words words);

  // At once, when it was confirmed otherwise. Accounts that are gone already are no error;
  // other errors are admin's.
  net::Task<absl::Status> Remove(RemovalWish wish);

 private:
  Element AskAgain(Asked asked, const RemovalWish& wish);
  // True: it is the second time. `stanza_id` may be empty.
  net::Task<absl::StatusOr<bool>> IsConfirmed(const RemovalWish& wish, std::string stanza_id);
  net::Task<absl::Status> RemoveAll(std::string user);
  net::Task<absl::Status> RemoveOne(std::string id);

  FeatureContext context_;
};

}  // namespace postern::xmpp_edge
