#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/process/watched_file.h"
#include "services/sender/routes/route_table.h"

namespace postern::sender {

// The operator's routes as a file has them (--routes-file), with the passwords of their relays.
class RouteFile {
 public:
  RouteFile() = default;  // no routes
  // `key_file`: of the keys that open a sealed one; empty: none can be.
  RouteFile(std::string path, const RouteRules& rules, std::string key_file = "")
      : file_(std::move(path), kMaxRoutesBytes), rules_(rules), key_file_(std::move(key_file)) {}

  // Looks at the file; true when other routes are in force now. kInvalidArgument, a line
  // "PATH:LINE:COLUMN: reason" for each fault, once for each state of the file: those before
  // stay in force.
  absl::StatusOr<bool> Refresh();
  // Never null; what a change left behind lives as long as somebody holds it.
  const std::shared_ptr<const RouteTable>& table() const { return table_; }
  const std::string& path() const { return file_.path(); }
  // Why the file as it is now is not in force; empty: it is.
  const std::string& problem() const { return problem_; }

 private:
  absl::StatusOr<RouteTable> Read(absl::string_view text) const;

  process::WatchedFile file_;
  RouteRules rules_;
  std::string key_file_;
  std::shared_ptr<const RouteTable> table_ = std::make_shared<RouteTable>();
  std::string problem_;
};

}  // namespace postern::sender
