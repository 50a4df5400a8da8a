#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/answered_mail.h"
#include "services/xmpp-edge/client_clocks.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/sent_records.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Turns a chat message into what the sender takes: finds out who it is for, which
// mail it answers and which account carries it.
class DraftComposer {
 public:
  // `clocks` outlives it.
  DraftComposer(FeatureContext context, ClientClocks& clocks);

  // `under_way`: what the author wrote before and the sender has not yet taken, the
  // last one first. It is as if it were sent: "and wine" follows "To: bob".
  // Every error message is a sentence for the author. kInvalidArgument: to be
  // written differently; kNotFound: no such contact; kFailedPrecondition: no SMTP
  // account; kUnavailable: not now.
  net::Task<absl::StatusOr<sender::v1::SubmitRequest>> Compose(Incoming incoming,
                                                               std::vector<MailThread> under_way);
  // A text in place of a former mail (XEP-0308): to the same people and in the same thread,
  // unless its head says otherwise. Errors as above.
  net::Task<absl::StatusOr<sender::v1::SubmitRequest>> Correct(Incoming incoming,
                                                               SentRecord former);

 private:
  // Who writes, to which contact, what.
  struct Question {
    std::string user, contact;
    ChatMail mail;
    std::vector<MailThread> under_way;  // to that contact
  };
  const Words& WordsFor(const Incoming& incoming) const;
  // What the message says, and the files that it hands over.
  absl::StatusOr<ChatMail> Read(const Element& message, const Words& words) const;
  // answer_search.cc, the Find and Candidates functions.
  net::Task<absl::StatusOr<AnsweredMail>> FindAnswered(Question question, const Words& words);
  net::Task<absl::StatusOr<AnswerCandidates>> Candidates(Question question);
  net::Task<absl::StatusOr<AnsweredMail>> FindForwarded(Question question, const Words& words);
  // The conversation with a correspondent written to by address: never an error, a
  // mail without it is only less well threaded.
  net::Task<std::optional<MailThread>> FindConversation(Question question);
  // Writes down what was found out.
  absl::StatusOr<sender::v1::SubmitRequest> Write(
      const Incoming& incoming, const Place& place, const ChatMail& mail,
      const std::optional<AnsweredMail>& answered) const;
  // What the Send: line says, in the time zone of the account or else of the author's client.
  net::Task<absl::Status> Schedule(const Jid& author, const ChatMail& mail, const Words& words,
                                   sender::v1::SubmitRequest& request);
  net::Task<absl::StatusOr<AnswerCandidates>> NamedCandidates(Question question);
  net::Task<absl::StatusOr<std::vector<MailThread>>> Newest(Question question, int count);
  // Strikes off what was taken back, and detaches what has not left, down to the first that
  // has: what is older matters no more.
  net::Task<void> SortOutUnsent(const std::string& user, std::vector<MailThread>& mails);

  FeatureContext context_;
  SentRecords records_;
  ClientClocks& clocks_;
};

}  // namespace postern::xmpp_edge
