#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/sender/filing/filed_copy.h"
#include "services/sender/filing/sent_folder.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// What is asked of the fetcher to file one mail. Errors are the fetcher's: repeat it later.
class FilingVisit {
 public:
  FilingVisit(boost::asio::any_io_executor executor,
              fetcher::v1::FetcherService::StubInterface& fetcher)
      : executor_(executor), fetcher_(fetcher) {}

  // ChooseFolder of all there are. Empty: none of them is for sent mail.
  net::Task<absl::StatusOr<std::string>> FindFolder(std::string account_id);
  // Whether the mail is there already: by its Message-ID, read from the mails that a search for it
  // finds. Servers that look for words alone (Gmail) may find none, so mails with the same subject
  // are looked at, too.
  net::Task<absl::StatusOr<bool>> IsThere(SentFolder place, CopyMarks marks);
  // Puts it there as seen, with a Bcc field for `filing.hidden`.
  net::Task<absl::Status> Append(SentFolder place, Outbox& outbox, Filing filing,
                                 int64_t date_unix);

 private:
  net::Task<absl::StatusOr<fetcher::v1::ListFoldersResponse>> List(std::string account_id,
                                                                   std::string below);
  net::Task<absl::StatusOr<bool>> IsAmong(fetcher::v1::SearchMailsRequest search,
                                          std::string message_id);

  boost::asio::any_io_executor executor_;
  fetcher::v1::FetcherService::StubInterface& fetcher_;
};

}  // namespace postern::sender
