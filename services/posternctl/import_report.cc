#include "services/posternctl/import_report.h"

#include <google/protobuf/struct.pb.h>

#include "absl/strings/str_cat.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

absl::Status PrintAsJson(Session& session, const std::vector<Became>& became,
                         const std::vector<std::string>& warnings) {
  google::protobuf::Struct told;
  auto& files = *(*told.mutable_fields())["files"].mutable_list_value();
  for (const Became& each : became) {
    auto& fields = *files.add_values()->mutable_struct_value()->mutable_fields();
    fields["file"].set_string_value(each.file);
    fields["kind"].set_string_value(each.kind);
    fields["became"].set_string_value(each.what);
  }
  auto& list = *(*told.mutable_fields())["warnings"].mutable_list_value();
  for (const std::string& warning : warnings) list.add_values()->set_string_value(warning);
  return session.PrintJson(told);
}

}  // namespace

absl::Status PrintReport(Session& session, const std::vector<Became>& became,
                         const std::vector<std::string>& warnings, bool dry_run) {
  if (session.json) return PrintAsJson(session, became, warnings);
  for (const std::string& warning : warnings) {
    PrintLine(session.out(), absl::StrCat("warning: ", warning));
  }
  Table table({"FILE", "KIND", dry_run ? "WOULD BECOME" : "BECAME"});
  for (const Became& each : became) table.Add({each.file, each.kind, each.what});
  table.Print(session.out(), "The folder holds no files.");
  return absl::OkStatus();
}

}  // namespace postern::posternctl
