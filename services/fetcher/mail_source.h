#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/mail/mail.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/password_rule.h"
#include "services/fetcher/progress.h"
#include "services/fetcher/timetable.h"

namespace postern::fetcher {

inline bool HasSchedule(const Account& account) {
  return account.timetable && account.timetable->HasSchedule();
}

inline bool LooksWhenConnected(const Account& account) {
  return account.timetable && account.timetable->LooksWhenConnected();
}

// What a watcher shares with its connections; outlives them.
struct Vigil {
  const Account& account;
  const AvailabilityFeed& availability;
  CursorStore& cursors;
  PasswordRule password_rule;
  Progress& progress;
};

// A mailbox that is open, and what is new in it.
class Mailbox {
 public:
  virtual ~Mailbox() = default;

  virtual net::Task<absl::StatusOr<NewMail>> Look() = 0;
  // The first of these, and as many behind it as cost no round trip more. At least one is
  // wanted. Settle may run meanwhile.
  virtual net::Task<ReadMails> Read(std::vector<WantedMail> wanted) = 0;
  // These mails, the first ones of those that a look found, are dealt with: they are not
  // new any more, whatever happens. kAborted: the lease is lost.
  virtual net::Task<absl::Status> Settle(std::vector<MailFacts> mails) = 0;
  // The delivery id.
  virtual std::string Id(const MailFacts& facts) const = 0;
  // What names the mail in fetcher.proto, for as long as it is in the mailbox.
  virtual std::string Ref(const MailFacts& facts) const = 0;

  // The first bytes of a mail as it came, at most so many; nothing when it is gone.
  virtual net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts, size_t) {
    co_return absl::UnimplementedError("this mailbox has no bytes");
  }
  // Its name, UTF-8; and what tells it, and the numbers of its mails, from all others.
  virtual std::string Name() const { return "INBOX"; }
  virtual std::string Place() const { return ""; }
  // Finds the number of a mail that was seen on another connection; uid 0: it is gone.
  virtual void Locate(MailFacts&) const {}
};

// What is left in a mailbox after it was looked through.
struct Waiting {
  std::optional<int64_t> since_unix;  // when the first mail was received that waits
  int64_t look_again_unix = 0;        // at the latest, though nothing happens; 0: no need
  // The sooner of both.
  void Add(const Waiting& other);
};

// One connection, and the mailbox it is for: IMAP or POP3. Between two looks an IMAP
// connection is parked: it lies there without a coroutine, and costs what it holds.
class MailSource : public Mailbox {
 public:
  // From the greeting to where to go on in the mailbox. At first sight, and when the
  // server numbered its mails anew, nothing old is replayed. `failure` is set when the
  // mail server is to blame.
  virtual net::Task<absl::Status> Open(const sasl::Credentials& credentials,
                                       std::optional<Failure>& failure) = 0;

  // Account::more_mailboxes. One of them that may have news, opened in place of the one that
  // was open; nothing when there is none, and the connection's own is open again. To be asked
  // before Park().
  struct Further {
    Mailbox& mailbox;
    Progress& progress;
    Waiting& waiting;  // to be set when it is looked through
  };
  virtual net::Task<absl::StatusOr<std::optional<Further>>> NextWithNews() {
    co_return std::nullopt;
  }
  // All of them are to be looked into: what kept mail waiting there may be over.
  virtual void DoubtFurther() {}
  // What waits in them.
  virtual Waiting FurtherWaiting() const { return {}; }
  // The name of one that can't be opened, if there is one.
  virtual std::optional<std::string> Unopened() const { return std::nullopt; }

  // Sooner after its login than this the server takes no other; 0: it doesn't say.
  virtual int64_t login_delay_seconds() const { return 0; }

  // How it goes on when there is no more to do.
  struct Stay {
    enum class Kind {
      kLook,    // there is news already
      kParked,  // the connection stays, and nobody waits
      kLeave,   // nothing can be awaited here
    };
    Kind kind = Kind::kLeave;
    const char* state = "";         // as in fetcher.proto
    std::chrono::seconds limit{0};  // kParked: Resume after this, at the latest
  };
  virtual net::Task<absl::StatusOr<Stay>> Park() = 0;
  // Of a parked one: takes in what has come, and never waits. True: Resume.
  virtual absl::StatusOr<bool> Hear() { return true; }
  // Goes on with a parked one. True when a look is due: there is news, or `look` is set.
  virtual net::Task<absl::StatusOr<bool>> Resume(bool look) { co_return look; }
};

}  // namespace postern::fetcher
