#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/filing/filing_visit.h"
#include "services/sender/filing/mailbox_book.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// Puts sent mail into its author's folder for sent mail, where their server does not do so by
// itself: it is given ten seconds to, then the folder is searched before each try, so that a mail
// is there once whatever breaks off. No trouble here touches the mail itself: after two days the
// outbox lets go. One owner's mails go one after the other, those of four owners at once.
class Filer {
 public:
  static constexpr size_t kOwnersAtOnce = 4;
  struct Times {
    milliseconds servers_time = std::chrono::seconds(10);  // to file by itself
    milliseconds soonest_retry = std::chrono::seconds(30);
    milliseconds others_first = std::chrono::seconds(5);  // where too many wait
    milliseconds poll = std::chrono::seconds(3);
  };

  // `fetcher` may be null: then nothing is filed. All of them outlive it.
  Filer(boost::asio::any_io_executor executor, Outbox& outbox, const AccountDirectory& accounts,
        const MailboxBook& mailboxes, fetcher::v1::FetcherService::StubInterface* fetcher,
        Times times);
  Filer(boost::asio::any_io_executor executor, Outbox& outbox, const AccountDirectory& accounts,
        const MailboxBook& mailboxes, fetcher::v1::FetcherService::StubInterface* fetcher)
      : Filer(executor, outbox, accounts, mailboxes, fetcher, Times()) {}

  // Whether mail of this account has a place to be filed in.
  bool Files(const Account& account) const;
  // There may be something to file.
  void Wake() { wake_.Notify(); }
  // For ever; mends itself when the fetcher or Redis goes away.
  net::Task<void> Run();
  net::Task<void> Stop();

 private:
  using Filings = std::vector<Filing>;

  net::Task<void> Round();
  net::Task<void> FileFor(std::string owner, Filings filings);
  net::Task<void> FileOne(Filing filing);
  net::Task<void> AfterFailure(std::string id, milliseconds pause, absl::Status why);
  // Nothing: nowhere.
  std::optional<SentFolder> PlaceFor(const Filing& filing) const;
  // True: filed, or it never will be. False: again later.
  net::Task<absl::StatusOr<bool>> TryToFile(Filing filing);
  // The same once it is known where; `place` has a folder.
  net::Task<absl::StatusOr<bool>> FileAt(SentFolder place, Filing filing);

  boost::asio::any_io_executor executor_;
  Outbox& outbox_;
  const AccountDirectory& accounts_;
  const MailboxBook& mailboxes_;
  fetcher::v1::FetcherService::StubInterface* fetcher_;
  const Times times_;
  net::Event wake_;
  absl::flat_hash_set<std::string> busy_owners_, held_ids_;
  net::TaskGroup tasks_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
