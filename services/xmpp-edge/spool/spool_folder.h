#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/spool/spool_view.h"

namespace postern::xmpp_edge {

// A message that we have taken: nobody else has it as long as we touch it.
struct SpooledWork {
  std::string name;   // of the file now: WorkName
  std::string file;   // as it was called: "IM-12.SEM"
  std::string bytes;  // at most kMaxSpooledBytes + 1
  // The same for this very file whoever holds it, and for no other one: of its name, inode, time
  // and content. Letters and digits.
  std::string key;
  std::string problem;  // why it can't be read; empty: it was
};

// The files of a spool folder. All calls block, as long as its file system does.
class SpoolFolder {
 public:
  static constexpr size_t kMaxFiles = 10'000;   // messages that are listed; the others wait
  static constexpr size_t kMaxLocks = 100'000;  // all of them: each holds a message back

  explicit SpoolFolder(std::string path) : path_(std::move(path)) {}

  // What it holds by its names. kResourceExhausted: more locks than can be looked at.
  absl::StatusOr<std::vector<SpoolFile>> List() const;
  // By rename: of all that try it one has it. kNotFound: somebody else was quicker.
  absl::StatusOr<SpooledWork> Take(const SpoolFile& file, const std::string& worker) const;
  // Shows others that we are still there.
  void Touch(const SpooledWork& work) const;
  absl::Status Remove(const SpooledWork& work) const;
  // Into failed/, and a file NAME.why with the reason beside it.
  absl::Status Fail(const SpooledWork& work, absl::string_view reason) const;

 private:
  std::string In(absl::string_view name) const;
  SpooledWork Read(std::string name, std::string file) const;

  const std::string path_;
};

}  // namespace postern::xmpp_edge
