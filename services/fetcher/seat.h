#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::fetcher {

// Names the socket that this process listens at with the address `listen`, among those of
// all machines: while it lives no other process has the same, so whoever had it before is
// dead. Where the system doesn't tell enough, a name that nobody ever had.
std::string SeatOf(absl::string_view listen);

}  // namespace postern::fetcher
