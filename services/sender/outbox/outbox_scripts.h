#pragma once

#include "absl/strings/string_view.h"
#include "lib/store/redis_client.h"

// The scripts of the outbox. Redis runs each as one step and writes it to disk
// before it answers, so the queue is whole at every moment, whoever is killed. None does more
// work the more mails wait: what concerns many goes in bounded steps.
//
// Keys, all under KEYS[1] = kShard (one hash tag a shard):
//   mail:ID        hash: the mail and its state (below); a small content too
//   content:ID:N   piece N of a large content; expires until its mail is put, then lasts
//   due:ACCOUNT    sorted set: waiting mails by the time they are due
//   held:ACCOUNT   set: mails that an operator holds
//   accounts       sorted set: accounts by the time their next mail may go
//   account:ACCOUNT hash: mails (how many), paused (until when), why (suspended), gate
//                  (until when), telling (how far)
//   paused         set: accounts with a pause
//   leased         sorted set: mails being sent, by the end of their lease
//   watch          sorted set: mails by the time their author is told of a delay, then by
//                  the time they are given up
//   telling        sorted set: suspended accounts whose authors are being told at once
//   reporting      sorted set: mails with outcomes to report, by time
//   filing         sorted set: sent mails to be filed, by time
//   all            sorted set: mails by a number that grows with each
//   seq, bytes     the last such number; the size of all contents together
//   key:HASH       "ID\nMESSAGE-ID" of a request, kept longer than any mail; "\ncancelled"
//                  behind it when its author took it back
// Fields of a mail, left out while they say nothing: account owner fixed (outbox_codec.h)
//   quiet (nobody is told) pending size content pieces state ("waiting", "held", "sending",
//   "reporting", "filing") submitted first (when it was or will be due at first) epoch attempts
//   phase ("dot") uncertain sent (somebody got it) told (of the delay) error report report_seq
//   to_file sent_at file_attempts
// Times are milliseconds of Redis's clock: whoever's clock jumps, the queue's does not.
// A Redis without memory refuses a script's first write, unless that one takes something away:
// scripts that make room begin with such a one, and go through.
namespace postern::sender::outbox_scripts {

// One shard today. With more, a mail's shard comes from its account, and an Outbox serves each.
inline constexpr char kShard[] = "postern:outbox:{q0}";

// put_scripts.cc
extern const store::Script kRoom, kPut;
// take_scripts.cc
extern const store::Script kTake, kTakeMore, kRenew, kRecover, kMarkDot, kRelease;
// settle_scripts.cc
extern const store::Script kSettle, kPass, kTakeReports, kReported, kReportLater;
// sweep_scripts.cc
extern const store::Script kSweep;
// account_scripts.cc
extern const store::Script kSuspend, kResume, kGate, kCount;
// carry_over_scripts.cc
extern const store::Script kCarryOver;
// filing_scripts.cc
extern const store::Script kTakeFilings, kFiled, kFileLater, kFilingFailed, kContent;
// queue_view_scripts.cc
extern const store::Script kList, kWaiting, kRetry, kHold, kCancel;

// A script with what all of them share in front of it (outbox_scripts.cc).
store::Script Make(absl::string_view body);

}  // namespace postern::sender::outbox_scripts
