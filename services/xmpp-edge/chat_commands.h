#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/chat_work.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_removal.h"
#include "services/xmpp-edge/stanza_router.h"
#include "services/xmpp-edge/waiting_mails.h"

namespace postern::xmpp_edge {

// What users of clients without ad-hoc commands may say to the gateway itself: "accounts",
// "check", "errors", "finger NAME", "language", "operator VERB", "outbox", "remove", "sending",
// "times", "cancel ID", in English or as the catalogue calls it. A message of one such line and
// nothing else, but for the lines of a signature; a mail that is written to the gateway begins with
// "To:". Elsewhere nothing is a command: "check" may be a mail.
class ChatCommands {
 public:
  // `work` outlives it.
  ChatCommands(FeatureContext context, ChatWork& work)
      : context_(context), work_(work), removal_(context), waiting_(context) {}

  // True when it was one: it is answered, in a moment.
  net::Task<bool> Take(const Incoming& incoming, const Place& place);

 private:
  // "check work": a verb, and a word that it is done to.
  struct Line {
    std::string verb, argument;
  };

  static std::optional<Line> ReadLine(absl::string_view body);
  // What can be said at once, or is work; nothing when it is no such word.
  std::optional<std::string> AnswerTo(const Line& line, const Place& place, const std::string& user,
                                      const Words& words) const;
  // `id`: of the message.
  std::optional<net::Task<std::string>> WorkFor(const Line& line, const std::string& user,
                                                std::string id, const Words& words);
  // "sending undo 10".
  net::Task<bool> TakeSendingChange(const Incoming& incoming, const Words& words);

  std::string Accounts(const std::string& user, const Words& words) const;
  std::string Errors(const std::string& user, const Words& words) const;
  std::string Sending(const std::string& user, const std::string& name, const Words& words) const;
  std::string Times(const std::string& user, const std::string& name, const Words& words) const;
  net::Task<std::string> Check(std::string user, std::string name, const Words& words);
  net::Task<std::string> Consent(std::string user, std::string name, const Words& words);
  net::Task<std::string> Language(std::string user, std::string tag, const Words& words);
  net::Task<std::string> Remove(std::string user, std::string name, std::string message_id,
                                const Words& words);

  FeatureContext context_;
  ChatWork& work_;
  Removal removal_;
  WaitingMails waiting_;
};

}  // namespace postern::xmpp_edge
