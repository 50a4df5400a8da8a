#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/file_budget.h"

namespace postern::xmpp_edge {

// Reads the attachments of a mail from its mailbox, so that it goes on with them.
class MailFiles {
 public:
  static constexpr size_t kMostFiles = 50;  // of a draft: sender.proto

  struct Files {
    google::protobuf::RepeatedPtrField<sender::v1::Attachment> attachments;
    std::vector<std::string> left_out;  // names of those that don't fit, or can't be read
    std::shared_ptr<void> claim;        // to their memory
  };

  // All of them outlive it.
  MailFiles(boost::asio::any_io_executor executor,
            fetcher::v1::FetcherService::StubInterface& fetcher, FileBudget& budget)
      : executor_(executor), fetcher_(fetcher), budget_(budget) {}

  // `listed`: all attachments of the mail; `most`: bytes of all together. kUnavailable and so on
  // (IsNotNow): may be tried again.
  net::Task<absl::StatusOr<Files>> Fetch(
      std::string account_id, std::string mail_ref,
      google::protobuf::RepeatedPtrField<postern::mail::v1::Attachment> listed, size_t most);

 private:
  // One of them, counted from 1. kOutOfRange: larger than `most`.
  net::Task<absl::StatusOr<std::string>> Read(fetcher::v1::ReadMailPartRequest request,
                                              size_t most);

  boost::asio::any_io_executor executor_;
  fetcher::v1::FetcherService::StubInterface& fetcher_;
  FileBudget& budget_;
};

}  // namespace postern::xmpp_edge
