#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/http/downloader.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/file_budget.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Fetches the files that users uploaded, to be attached. An author's drafts come one by one.
class UploadDesk {
 public:
  // Files of a mail, and a claim to memory that ends with it.
  struct Files {
    google::protobuf::RepeatedPtrField<sender::v1::Attachment> attachments;
    std::shared_ptr<void> claim;
  };

  // `source` and `budget` outlive it; no source: files are not attached. `most`: bytes of all files
  // of a mail.
  UploadDesk(FileBudget& budget, http::FileSource* source, size_t most)
      : budget_(budget), source_(source), most_(most) {}

  // kUnavailable: not now. Other errors are sentences for the author. `words` outlives it.
  net::Task<absl::StatusOr<Files>> Fetch(
      google::protobuf::RepeatedPtrField<edge::v1::LinkedFile> files, const Words& words);

 private:
  net::Task<absl::StatusOr<sender::v1::Attachment>> FetchOne(edge::v1::LinkedFile file, size_t most,
                                                             const Words& words);
  // What a failed download means to the author.
  absl::Status Meaning(const absl::Status& why, const Words& words) const;
  absl::Status TooLarge(const Words& words) const;

  FileBudget& budget_;
  http::FileSource* source_;
  const size_t most_;
};

}  // namespace postern::xmpp_edge
