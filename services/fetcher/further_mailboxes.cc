#include "services/fetcher/further_mailboxes.h"

#include <algorithm>
#include <utility>

#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

using std::chrono::seconds;

// How often one is asked of that can't be opened.
constexpr seconds kSeldom = std::chrono::minutes(30);

bool SayTheSame(const std::optional<imap::MailboxCounts>& one, const imap::MailboxCounts& other) {
  return one && other.uid_next && one->uid_next == other.uid_next &&
         one->messages == other.messages;
}

}  // namespace

void Waiting::Add(const Waiting& other) {
  if (other.since_unix)
    since_unix = std::min(since_unix.value_or(*other.since_unix), *other.since_unix);
  if (other.look_again_unix == 0) return;
  look_again_unix = look_again_unix == 0 ? other.look_again_unix
                                         : std::min(look_again_unix, other.look_again_unix);
}

FurtherMailboxes::FurtherMailboxes(imap::Session& session, const Vigil& vigil)
    : session_(session), vigil_(vigil) {
  Progress& own = vigil.progress;
  if (!own.further) own.further = std::make_unique<std::map<std::string, Progress>>();
  for (const std::string& name : vigil.account.more_mailboxes) {
    boxes_.emplace_back(session, vigil, (*own.further)[name], name);
  }
  session_.OnCounts([this](const imap::MailboxCounts& counts) { Hear(counts); });
}

FurtherMailboxes::~FurtherMailboxes() { session_.OnCounts(nullptr); }

net::Task<absl::Status> FurtherMailboxes::Begin() {
  const Account& account = vigil_.account;
  std::vector<std::string> identities;
  for (const Box& box : boxes_) {
    identities.push_back(MailboxIdentity(account.host, account.login, box.mailbox.name()));
  }
  auto cursors = co_await vigil_.cursors.TakeFurther(vigil_.progress.lease, identities);
  if (!cursors.ok()) co_return cursors.status();
  size_t at = 0;
  for (Box& box : boxes_) {
    Lease& lease = box.progress.lease;
    lease.account_id = vigil_.progress.lease.account_id;
    lease.token = vigil_.progress.lease.token;
    lease.cursor.reset();
    for (Cursor& cursor : *cursors) {
      if (cursor.mailbox == identities[at]) lease.cursor = std::move(cursor);
    }
    ++at;
  }
  if (boxes_.empty()) co_return absl::OkStatus();
  polled_ = Clock::now();
  absl::Status told = co_await session_.NotifyOf(account.more_mailboxes);
  notified_ = told.ok();
  co_return absl::IsFailedPrecondition(told) ? absl::OkStatus() : told;
}

void FurtherMailboxes::Hear(const imap::MailboxCounts& counts) {
  for (Box& box : boxes_) {
    if (session_.Means(counts.name, box.mailbox.name())) Judge(box, counts);
  }
}

// A server that doesn't tell the next UID is believed to have news, and so is one that names
// the same one beside more mails. The last mails may have been deleted: their UIDs are no news
// when they were looked for once.
void FurtherMailboxes::Judge(Box& box, const imap::MailboxCounts& counts) {
  box.told = counts;
  const std::optional<Cursor>& cursor = box.progress.lease.cursor;
  const bool same =
      cursor && (!counts.uid_validity || *counts.uid_validity == cursor->uid_validity);
  const bool at_end = same && counts.uid_next && *counts.uid_next == cursor->last_uid + 1;
  const bool more = box.dealt_with && counts.messages > box.dealt_with->messages;
  const bool nothing_new = same && (SayTheSame(box.dealt_with, counts) || (at_end && !more));
  if (nothing_new) {
    box.dealt_with = counts;
  } else {
    box.doubted = true;
  }
}

bool FurtherMailboxes::HasNews() const {
  return UntilPoll() == seconds(0) || std::any_of(boxes_.begin(), boxes_.end(), [](const Box& box) {
           return box.doubted && !box.unopened;
         });
}

seconds FurtherMailboxes::UntilPoll() const {
  const bool all_closed =
      std::all_of(boxes_.begin(), boxes_.end(), [](const Box& box) { return box.unopened; });
  if (all_closed) return kSeldom;
  // Though a server tells by itself: Dovecot stops, without a word, when its system user has
  // used up what inotify allows.
  const auto due = polled_ + seconds(vigil_.account.interval_seconds);
  const auto left = std::chrono::ceil<seconds>(due - Clock::now());
  return std::max(left, seconds(0));
}

net::Task<absl::Status> FurtherMailboxes::Poll() {
  polled_ = Clock::now();
  for (Box& box : boxes_) {
    if (box.doubted || box.unopened) continue;
    // What it says comes to Hear().
    auto counts = co_await session_.AskCounts(box.mailbox.name());
    if (!counts.ok()) co_return counts.status();
    if (!*counts) box.doubted = true;
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::optional<MailSource::Further>>> FurtherMailboxes::Next() {
  closed_own_ = false;
  // A server may tell of news in them without end: the own one has its turn.
  if (opened_in_a_row_ >= 2 * boxes_.size()) {
    opened_in_a_row_ = 0;
    co_return std::nullopt;
  }
  if (UntilPoll() == seconds(0)) {
    if (absl::Status s = co_await Poll(); !s.ok()) co_return s;
  }
  for (Box& box : boxes_) {
    if (!box.doubted || box.unopened) continue;
    box.doubted = false;
    box.dealt_with = box.told;
    closed_own_ = true;  // even by an attempt that fails (RFC 3501 section 6.3.1)
    std::optional<Failure> failure;
    absl::Status opened = co_await box.mailbox.Open(failure);
    if (absl::IsFailedPrecondition(opened) || absl::IsInvalidArgument(opened)) {
      box.unopened = true;
      log::Info("a further mailbox can't be opened", {{"account", vigil_.account.id}});
      continue;
    }
    if (!opened.ok()) co_return opened;
    box.left = true;
    ++opened_in_a_row_;
    co_return MailSource::Further{box.mailbox, box.progress, box.waiting};
  }
  opened_in_a_row_ = 0;
  co_return std::nullopt;
}

net::Task<absl::Status> FurtherMailboxes::AskOfLeft() {
  for (Box& box : boxes_) {
    // One that is polled is asked of soon enough.
    if (!std::exchange(box.left, false) || !notified_) continue;
    // What it says comes to Hear().
    auto counts = co_await session_.AskCounts(box.mailbox.name());
    if (!counts.ok()) co_return counts.status();
  }
  co_return absl::OkStatus();
}

void FurtherMailboxes::DoubtAll() {
  for (Box& box : boxes_) box.doubted = true;
}

Waiting FurtherMailboxes::WhatWaits() const {
  Waiting all;
  for (const Box& box : boxes_) all.Add(box.waiting);
  return all;
}

std::optional<std::string> FurtherMailboxes::Unopened() const {
  for (const Box& box : boxes_) {
    if (box.unopened) return box.mailbox.name();
  }
  return std::nullopt;
}

}  // namespace postern::fetcher
