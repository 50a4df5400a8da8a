#include "services/admin/audit_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxFieldBytes = 4096;

}  // namespace

std::vector<std::string> AuditLog::Fields(const AuditEntry& entry) {
  return {"actor",   OneLine(entry.actor, kMaxFieldBytes),
          "action",  OneLine(entry.action, kMaxFieldBytes),
          "subject", OneLine(entry.subject, kMaxFieldBytes),
          "detail",  OneLine(entry.detail, kMaxFieldBytes)};
}

net::Task<void> AuditLog::Append(AuditEntry entry) {
  std::vector<std::string> command{"XADD", std::string(kKey),   "MAXLEN",
                                   "~",    absl::StrCat(kKept), "*"};
  for (std::string& field : Fields(entry)) command.push_back(std::move(field));
  auto written = co_await redis_.Command(std::move(command));
  if (!written.ok()) {
    log::Warn("audit entry not written", {{"actor", entry.actor},
                                          {"action", entry.action},
                                          {"subject", entry.subject},
                                          {"error", written.status().message()}});
  }
}

}  // namespace postern::admin
