#pragma once

#include "lib/store/redis_client.h"

// The scripts of the outbox. Redis runs each as one step and writes it to disk
// before it answers, so the queue is whole at every moment, whoever is killed.
//
// Keys, all under KEYS[1] = "postern:outbox:{q0}" (one hash tag a shard):
//   mail:ID      hash: the mail and its state (fields in outbox.cc); reasons are wordings
//   content:ID   its RFC 5322 bytes, until it is settled
//   due:ACCOUNT  sorted set: waiting mails by the time they are due
//   accounts     sorted set: accounts by the time their next mail may go
//   paused       hash: account -> time before which none of its mail goes
//   leased       sorted set: mails being sent, by the end of their lease
//   late         sorted set: mails by the time their author is told of a delay
//   reporting    sorted set: mails with outcomes to report, by time
//   all          sorted set: mails by the time they were submitted
//   counts       hash: account -> number of its mails
//   key:HASH     "ID\nMESSAGE-ID" of a request, kept longer than any mail
// Times are milliseconds of Redis's clock: whoever's clock jumps, the queue's does not.
namespace postern::sender::outbox_scripts {

extern const store::Script kPut, kTake, kRenew, kRecover, kMarkDot, kSettle, kRelease, kSuspend;
extern const store::Script kTakeReports, kReported, kReportLater, kSweepLate;
extern const store::Script kList, kRetry, kResume, kCancel;

}  // namespace postern::sender::outbox_scripts
