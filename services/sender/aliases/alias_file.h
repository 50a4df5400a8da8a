#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/process/watched_file.h"
#include "services/sender/aliases/alias_table.h"

namespace postern::sender {

// The operator's aliases as a file has them (--aliases-file). Its passwords are kept nowhere.
class AliasFile {
 public:
  AliasFile() = default;  // no aliases: everybody stays who they are
  // `key_file`: of the keys that open a sealed one; empty: none can be.
  AliasFile(std::string path, std::vector<std::string> local_domains, std::string key_file = "")
      : file_(std::move(path), kMaxAliasBytes),
        local_domains_(std::move(local_domains)),
        key_file_(std::move(key_file)) {}

  // Looks at the file. kInvalidArgument, a line "PATH:LINE:COLUMN: reason" for each fault,
  // once for each state of the file: the aliases before stay in force.
  absl::Status Refresh();
  // Looks again and again; what is wrong is logged.
  net::Task<void> Watch();
  const std::string& path() const { return file_.path(); }
  // Why the file as it is now is not in force; empty: it is.
  const std::string& problem() const { return problem_; }
  // Never null; what a change left behind lives as long as somebody holds it.
  const std::shared_ptr<const AliasTable>& table() const { return table_; }

 private:
  absl::Status PutInForce(std::string bytes);

  process::WatchedFile file_;
  std::vector<std::string> local_domains_;
  std::string key_file_;
  std::string problem_;
  std::shared_ptr<const AliasTable> table_ = std::make_shared<AliasTable>();
};

}  // namespace postern::sender
