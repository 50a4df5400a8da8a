#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/sender/delivery/site_relay.h"
#include "services/sender/mx/dkim.h"

namespace postern::sender::mx {

// The options as the operator gave them.
struct DkimOptions {
  std::string domain, selector, key_file;  // all three or none
  std::string keys_file;                   // lines "DOMAIN SELECTOR KEYFILE"
};

// Where a key is, before it is read.
struct DkimEntry {
  std::string domain, selector, key_file;
  bool operator==(const DkimEntry&) const = default;
};

// Reads a file of keys: blank lines and what begins with "#" don't count. Each line that can't
// be read is a problem of --dkim-keys, with its number.
std::vector<DkimEntry> ReadDkimKeysFile(absl::string_view text,
                                        std::vector<OptionProblem>& problems);

// Reads the options and the files that they name; the keys, or problems of each that can't be
// used.
std::vector<DkimKey> ReadDkimKeys(const DkimOptions& options, std::vector<OptionProblem>& problems);

// The signer of these; null: nothing is signed, or `problems` says why nothing can be.
std::shared_ptr<const DkimSigner> ReadSigner(const DkimOptions& options,
                                             std::vector<OptionProblem>& problems);

}  // namespace postern::sender::mx
