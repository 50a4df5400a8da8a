#include "services/sender/routes/route_file.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/process/log.h"
#include "services/sender/operator_file.h"
#include "services/sender/sealed_text.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxPasswordBytes = 4096;

absl::StatusOr<crypto::Secret> ReadPassword(const std::string& path) {
  auto bytes = process::WatchedFile(path, kMaxPasswordBytes).Refresh();
  if (!bytes.ok()) return bytes.status();
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(**bytes);
  crypto::Secret password(text);
  crypto::Wipe(**bytes);
  if (password.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the file is empty"));
  }
  return password;
}

}  // namespace

absl::StatusOr<RouteTable> RouteFile::Read(absl::string_view text) const {
  auto table = ParseRoutes(text, rules_);
  if (!table.ok()) return InFile(file_.path(), table.status());
  std::vector<std::string> problems;
  for (RouteSettings& route : table->routes) {
    if (!route.relay || route.password_file.empty()) continue;
    auto password = ReadPassword(route.password_file);
    if (password.ok()) {
      route.relay->password = *std::move(password);
    } else {
      problems.push_back(absl::StrCat(file_.path(), ": [", route.name,
                                      "]: password-file: ", password.status().message()));
    }
  }
  if (problems.empty()) return table;
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

absl::StatusOr<bool> RouteFile::Refresh() {
  auto bytes = file_.Refresh();
  if (bytes.ok() && !*bytes) return false;
  absl::Status status = bytes.status();
  if (status.ok()) {
    // JSMail's sections may hold passwords.
    const auto text =
        TextOf(std::move(**bytes), file_.path(), key_file_, crypto::FileKind::kScheduler);
    auto table = text.ok() ? Read(text->Reveal()) : text.status();
    status = table.status();
    if (table.ok()) table_ = std::make_shared<const RouteTable>(*std::move(table));
  }
  problem_ = std::string(status.message());
  if (!status.ok()) return status;
  for (const std::string& warning : table_->warnings) {
    log::Warn("a route may not be what was meant",
              {{"at", absl::StrCat(file_.path(), ":", warning)}});
  }
  return true;
}

}  // namespace postern::sender
