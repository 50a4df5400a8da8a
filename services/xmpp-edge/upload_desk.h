#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/http/downloader.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Fetches the files that users uploaded, to be attached: kMostAtOnce downloads at a time, and
// kMostBytes in memory until their drafts are gone. An author's drafts come one by one.
class UploadDesk {
 public:
  static constexpr int kMostAtOnce = 4;
  static constexpr size_t kMostBytes = 64 << 20;

  // Files of a mail, and a claim to memory that ends with it.
  struct Files {
    google::protobuf::RepeatedPtrField<sender::v1::Attachment> attachments;
    std::shared_ptr<void> claim;
  };

  // `source` outlives it; null: files are not attached. `most`: bytes of all files of a mail.
  UploadDesk(boost::asio::any_io_executor executor, http::FileSource* source, size_t most);

  // kUnavailable: not now. Other errors are sentences for the author. `words` outlives it.
  net::Task<absl::StatusOr<Files>> Fetch(
      google::protobuf::RepeatedPtrField<edge::v1::LinkedFile> files, const Words& words);

 private:
  struct Budget {
    explicit Budget(boost::asio::any_io_executor executor) : changed(executor) {}
    int downloads = 0;
    size_t bytes = 0;
    net::Event changed;
  };
  class Claim;
  // Waits for its turn. Null: it did not come within minutes.
  net::Task<std::shared_ptr<Claim>> Admit();
  net::Task<absl::StatusOr<sender::v1::Attachment>> FetchOne(edge::v1::LinkedFile file, size_t most,
                                                             const Words& words);
  // What a failed download means to the author.
  absl::Status Meaning(const absl::Status& why, const Words& words) const;
  absl::Status TooLarge(const Words& words) const;

  http::FileSource* source_;
  const size_t most_;
  std::shared_ptr<Budget> budget_;
};

}  // namespace postern::xmpp_edge
