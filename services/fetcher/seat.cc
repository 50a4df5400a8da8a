#include "services/fetcher/seat.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::fetcher {

// An address is taken within a network namespace of a machine that was booted once. Host
// names are there for sandboxes whose namespaces all have the same number.
std::string SeatOf(absl::string_view listen) {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  struct stat network {};
  char host[256] = "";
  if (!std::getline(file, boot) || boot.empty() || ::stat("/proc/self/ns/net", &network) != 0 ||
      ::gethostname(host, sizeof host - 1) != 0) {
    return crypto::RandomId();
  }
  return crypto::Sha256Hex(absl::StrCat(boot, " ", network.st_ino, " ", host, " ", listen));
}

}  // namespace postern::fetcher
