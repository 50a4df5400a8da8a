#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/conversation.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::smtp {

// How a mail is offered to a server.
struct OfferTerms {
  bool pipelining = false;   // all in one write, RFC 2920; else one command at a time
  bool reset_first = false;  // the server may remember an earlier mail
  bool data = true;          // ask for the content by DATA; else it goes by BDAT
};

// From MAIL to DATA: the commands, and what their answers make of the recipients. One is used for
// one mail, once.
class Offering {
 public:
  Offering(Conversation& server, const Capabilities& offered, OfferTerms terms,
           const Envelope& envelope, Transaction& transaction)
      : server_(server),
        offered_(offered),
        terms_(terms),
        envelope_(envelope),
        transaction_(transaction) {}

  // As Session::Offer.
  net::Task<absl::StatusOr<bool>> Run();
  // What was offered is to be offered once more.
  void Withdraw();

  // The server did not bear commands that came together: some were not answered or not
  // understood. True also when Run was cancelled while it waited for such answers. Recipients
  // that this concerns are pending.
  bool pipelining_failed() const { return misunderstood_ || (waiting_ && !server_.said_goodbye()); }
  // The server waits for the content behind DATA.
  bool content_wanted() const { return content_wanted_; }
  bool sender_taken() const { return sender_taken_; }

 private:
  struct Question {
    enum class Kind { kReset, kSender, kRecipient, kContent } kind;
    size_t recipient = 0;
  };

  void Plan();
  void PlanRecipients();
  std::string CommandOf(const Question& question) const;
  // Adds commands from `next` on to `bytes`, and says where they end.
  absl::StatusOr<size_t> Gather(size_t next, std::string& bytes) const;
  bool IsPointless(const Question& question) const;
  net::Task<absl::Status> AskBatch(size_t next, size_t end, std::string bytes);
  net::Duration LimitOf(const Question& question) const;
  absl::Status Take(const Question& question, const Reply& reply, bool alone);
  void TakeOfSender(const Reply& reply, bool alone);
  void TakeOfRecipient(Recipient& recipient, const Reply& reply, bool alone);
  absl::Status TakeOfContent(const Reply& reply, bool alone);
  net::Task<absl::StatusOr<bool>> Conclude();

  Conversation& server_;
  const Capabilities& offered_;
  const OfferTerms terms_;
  const Envelope& envelope_;
  Transaction& transaction_;
  std::vector<Question> questions_;
  bool sender_taken_ = false;
  bool content_wanted_ = false;
  bool misunderstood_ = false;
  bool waiting_ = false;  // for answers behind the first of several
};

// That the server takes no mail without AUTH; kUnauthenticated.
absl::Status AuthWanted(const std::string& host, const Reply& reply);
// 530 and 535 after a good start: the session must sign in first. RFC 4954 section 6.
bool WantsAuth(const Reply& reply);

}  // namespace postern::sender::smtp
