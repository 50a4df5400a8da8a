#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/sasl/mechanism.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_reading.h"

namespace postern::fetcher {

// What it remembers beside that where it looks by POP3. Apart, for nearly all
// accounts are watched by IMAP: it is 0.7 KiB.
struct Pop3Progress {
  // When the mails that are not dealt with were received, by UidlKey; without a date of
  // their own, when they were first seen. Those that were of interest only.
  absl::flat_hash_map<uint64_t, int64_t> received;
  // Those of which that can't be told. Not asked again: the question may break the
  // connection, and two such mails would take turns for ever.
  absl::flat_hash_set<uint64_t> undatable;
  // The new mails of the last look that are not dealt with. New they stay, however many they
  // become.
  absl::flat_hash_set<uint64_t> waiting;
  // The last mails handed on. In memory alone: a restart may repeat some minutes' mail of a
  // server whose ids mean nothing.
  RecentMails recent;
  // Commands go out one by one, whatever the server offers: several at once went wrong.
  bool one_command = false;
};

// What a watcher remembers of an account's mailbox from connection to connection.
struct Progress {
  Lease lease;  // with the cursor as it stands now
  uint64_t handed_on = 0;
  // The mail that failed last, by its delivery id, and how often: it is read with
  // less each time.
  std::string troubled;
  int troubles = 0;
  // Ways to log in that the server offers, and refuses to this login.
  sasl::Mechanisms unfit;
  // How often in a row the rules or the edge did not take a mail.
  int obstacles = 0;
  std::unique_ptr<Pop3Progress> pop3;  // null: not by POP3
  // Until then mails bring their bytes along, for the rules asked for those of others.
  int64_t wants_raw_until = 0;
  bool WantsRaw(int64_t now_unix) const { return now_unix < wants_raw_until; }
  // IMAP: the same of Account::more_mailboxes, by their names. Null: there are none.
  std::unique_ptr<std::map<std::string, Progress>> further;

  // The mail could not be read from its server. Not `sure`: it was one of several.
  void NoteUnread(absl::string_view mail_id, const absl::Status& status, bool sure = true);
  // The rules or the edge did not take it. Only what says something against the
  // mail itself counts: whatever else ails our own services will pass.
  void NoteRefused(absl::string_view mail_id, const absl::Status& status, bool sure = true);
  Depth DepthFor(absl::string_view mail_id) const;
  // It failed often enough that it is no chance.
  bool IsTroubled(absl::string_view mail_id) const;

 private:
  void NoteTrouble(absl::string_view mail_id, int weight);
};

}  // namespace postern::fetcher
