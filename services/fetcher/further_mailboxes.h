#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/imap_mailbox.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// Account::more_mailboxes on the connection of the account: which of them may have news. The
// server tells (NOTIFY, RFC 5465), or is asked at each interval (STATUS). Those that can't be
// opened are left alone until the next connection.
class FurtherMailboxes {
 public:
  using Clock = std::chrono::steady_clock;

  // Both outlive it. The session is logged in.
  FurtherMailboxes(imap::Session& session, const Vigil& vigil);
  ~FurtherMailboxes();
  FurtherMailboxes(const FurtherMailboxes&) = delete;
  FurtherMailboxes& operator=(const FurtherMailboxes&) = delete;

  // Reads their cursors, and has the server tell of news if it can.
  net::Task<absl::Status> Begin();
  // One that may have news, opened; nothing when there is none. Asks the server when that is due.
  net::Task<absl::StatusOr<std::optional<MailSource::Further>>> Next();
  // To be called when the own mailbox is open again: what came to one that was open, after it
  // was looked into, may have been told to nobody.
  net::Task<absl::Status> AskOfLeft();
  // There is something to do for Next().
  bool HasNews() const;
  // How long until the server is to be asked.
  std::chrono::seconds UntilPoll() const;
  void DoubtAll();
  Waiting WhatWaits() const;
  std::optional<std::string> Unopened() const;
  // An attempt to open one may have closed the mailbox that was open.
  bool closed_own() const { return closed_own_; }

 private:
  struct Box {
    Box(imap::Session& session, const Vigil& vigil, Progress& progress, const std::string& name)
        : mailbox(session, vigil, progress, name, ImapMailbox::Rank::kFurther),
          progress(progress) {}
    ImapMailbox mailbox;
    Progress& progress;
    Waiting waiting;
    bool doubted = true;                            // may have news
    bool left = false;                              // was open, and not asked of since
    std::optional<imap::MailboxCounts> told;        // the server's last word
    std::optional<imap::MailboxCounts> dealt_with;  // its last word that was no news
    bool unopened = false;
  };

  void Hear(const imap::MailboxCounts& counts);
  void Judge(Box& box, const imap::MailboxCounts& counts);
  net::Task<absl::Status> Poll();

  imap::Session& session_;
  const Vigil& vigil_;
  std::list<Box> boxes_;
  bool notified_ = false;  // the server tells by itself; it is asked all the same
  bool closed_own_ = false;
  size_t opened_in_a_row_ = 0;
  Clock::time_point polled_;
};

}  // namespace postern::fetcher
