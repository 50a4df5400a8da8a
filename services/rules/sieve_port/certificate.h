#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/net/server_tls.h"
#include "lib/net/task.h"
#include "lib/process/watched_file.h"

namespace postern::rules {

// The certificate of a port, as its files are now: who renews it need not start us anew.
class Certificate {
 public:
  Certificate(const std::string& certificate_file, const std::string& key_file);

  // kInvalidArgument: names the file, and what is wrong.
  absl::Status Load();
  // Takes other files, if there are any. While they can't be used, or don't belong together, the
  // one before is used.
  void Look();
  // Looks every ten seconds, for ever.
  net::Task<void> Watch();
  // Null: there is none.
  std::shared_ptr<const net::ServerTls> current() const { return current_; }

 private:
  bool HasChanged();

  process::WatchedFile certificate_, key_;
  std::shared_ptr<const net::ServerTls> current_;
};

}  // namespace postern::rules
