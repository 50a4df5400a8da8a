// The second half of Session: a mail, from its offer to the answer to its end.

#include <utility>

#include "services/sender/smtp/content_transfer.h"
#include "services/sender/smtp/mail_commands.h"
#include "services/sender/smtp/offering.h"
#include "services/sender/smtp/session.h"

namespace postern::sender::smtp {
namespace {

// BDAT is unknown to this server, whatever it offers.
bool DoesNotKnowChunks(const Reply& reply) { return reply.code >= 500 && reply.code <= 504; }

}  // namespace

// Also when the offer is broken off from outside, for its time is over: then the server said
// nothing for long.
class Session::Lesson {
 public:
  Lesson(Session& session, const Offering& offering) : session_(session), offering_(offering) {}
  ~Lesson() {
    if (offering_.pipelining_failed()) session_.Learn(KnownFaults::Fault::kPipelining);
  }

 private:
  Session& session_;
  const Offering& offering_;
};

void Session::Learn(KnownFaults::Fault fault) {
  (faults_ != nullptr ? *faults_ : own_faults_).Note(server_.host(), fault);
}

bool Session::Bears(KnownFaults::Fault fault) const {
  return !(faults_ != nullptr ? *faults_ : own_faults_).Has(server_.host(), fault);
}

net::Task<absl::StatusOr<bool>> Session::Offer(const Envelope& envelope, Transaction& transaction) {
  if (absl::Status s = CheckBetweenMails(); !s.ok()) co_return s;
  envelope_ = &envelope;
  if (!CanCarry(envelope, offered_, server_.IsEncrypted(), transaction)) co_return false;
  in_chunks_ = offered_.chunking && Bears(KnownFaults::Fault::kChunking);
  const bool together = offered_.pipelining && Bears(KnownFaults::Fault::kPipelining);
  auto wanted = co_await OfferOnce(transaction, together);
  const bool learnt = together && !Bears(KnownFaults::Fault::kPipelining);
  if (!wanted.ok() || *wanted || !learnt) co_return wanted;
  co_return co_await OfferOnce(transaction, /*together=*/false);
}

net::Task<absl::StatusOr<bool>> Session::OfferOnce(Transaction& transaction, bool together) {
  OfferTerms terms;
  terms.pipelining = together;
  terms.reset_first = begun_;
  terms.data = !in_chunks_;
  begun_ = true;
  ++mails_;
  Offering offering(server_, offered_, terms, *envelope_, transaction);
  Lesson lesson(*this, offering);
  auto wanted = co_await offering.Run();
  content_due_ = offering.content_wanted() || (wanted.ok() && *wanted);
  if (!wanted.ok()) co_return wanted;
  begun_ = offering.sender_taken();
  if (!*wanted && offering.pipelining_failed()) offering.Withdraw();
  co_return wanted;
}

net::Task<absl::Status> Session::Transfer(ContentReader& content, Transaction& transaction,
                                          BeforeDot* before_dot) {
  ContentTransfer transfer(server_, content, transaction, before_dot);
  if (in_chunks_ && !chunks_proven_) {
    auto proof = co_await transfer.ProveChunks();
    if (!proof.ok()) co_return proof.status();
    chunks_proven_ = proof->Accepted();
    if (!chunks_proven_ && !DoesNotKnowChunks(*proof)) co_return Conclude(*proof, transaction);
    if (!chunks_proven_) {
      if (absl::Status s = co_await transfer.Recover(); !s.ok()) co_return s;
      auto wanted = co_await OfferAgain(transaction);
      if (!wanted.ok() || !*wanted) co_return wanted.status();
    }
  }
  absl::StatusOr<Reply> reply = Reply();
  if (in_chunks_) {
    reply = co_await transfer.InChunks(offered_.pipelining);
  } else {
    reply = co_await transfer.AsData();
  }
  if (!reply.ok() && server_.said_goodbye()) transaction.dot_sent = false;  // it did not take it
  if (!reply.ok()) co_return reply.status();
  co_return Conclude(*reply, transaction);
}

net::Task<absl::StatusOr<bool>> Session::OfferAgain(Transaction& transaction) {
  Learn(KnownFaults::Fault::kChunking);
  in_chunks_ = begun_ = content_due_ = false;
  for (Recipient& r : transaction.recipients) {
    if (r.fate == Fate::kPending && r.accepted) r.left_over = true;
  }
  const bool together = offered_.pipelining && Bears(KnownFaults::Fault::kPipelining);
  co_return co_await OfferOnce(transaction, together);
}

absl::Status Session::Conclude(const Reply& reply, Transaction& transaction) {
  const Fate fate = reply.Accepted()         ? Fate::kSent
                    : reply.RefusedForGood() ? Fate::kFailed
                                             : Fate::kPending;
  transaction.SettleWith(fate, reply.InWords(), reply.enhanced, /*only_accepted=*/true);
  transaction.dot_sent = false;  // the answer is known
  content_due_ = false;
  begun_ = in_chunks_ && !reply.Accepted();  // RFC 3030 section 2: then RSET is needed
  return absl::OkStatus();
}

}  // namespace postern::sender::smtp
