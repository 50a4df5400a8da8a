#pragma once

#include <linux/filter.h>

#include <vector>

#include "absl/status/statusor.h"

namespace postern::runner {

// A filter of system calls (seccomp(2)) that refuses what programs on mails have no need of:
// other processes' memory, mounts, namespaces, keys, BPF, io_uring (which goes around filters),
// sessions and process groups of their own (all that a program starts ends with it), signals to
// everybody, and, unless `network`, sockets. They fail with EPERM. Calls by another architecture
// than ours end the process.
absl::StatusOr<std::vector<sock_filter>> MakeCallFilter(bool network);

}  // namespace postern::runner
