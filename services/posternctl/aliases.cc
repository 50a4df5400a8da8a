#include <google/protobuf/struct.pb.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_box.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/sender/aliases/alias_table.h"
#include "services/sender/operator_file.h"

namespace postern::posternctl {
namespace {

using sender::AliasCopy;
using sender::AliasTable;

struct Question {
  std::string path;
  std::vector<std::string> local_domains, expand;
};

google::protobuf::Value ListOf(const std::vector<std::string>& texts) {
  google::protobuf::Value list;
  list.mutable_list_value();
  for (const std::string& text : texts) {
    list.mutable_list_value()->add_values()->set_string_value(text);
  }
  return list;
}

std::vector<std::string> WarningsOf(const AliasTable& table, const std::string& name) {
  std::vector<std::string> warnings;
  for (const std::string& warning : table.warnings()) {
    warnings.push_back(absl::StrCat(name, ":", warning));
  }
  return warnings;
}

std::string CopyWords(const AliasCopy& copy) {
  return absl::StrCat(copy.address,
                      copy.headers_only ? " gets a copy of the header" : " gets a copy");
}

std::string CountWords(size_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

absl::Status Print(Session& session, const AliasTable& table, const std::string& name) {
  if (session.json) {
    google::protobuf::Struct told;
    auto& fields = *told.mutable_fields();
    fields["users"].set_number_value(static_cast<double>(table.users()));
    fields["aliases"].set_number_value(static_cast<double>(table.aliases()));
    fields["warnings"] = ListOf(WarningsOf(table, name));
    return session.PrintJson(told);
  }
  Table shown({"NAME", "GOES TO"});
  for (const AliasTable::Entry& entry : table.Entries()) {
    shown.Add({entry.name, entry.copy ? CopyWords(*entry.copy) : entry.targets.front()});
    if (entry.targets.size() < 2) continue;
    const std::vector<std::string> rest(entry.targets.begin() + 1, entry.targets.end());
    shown.Note(absl::StrCat("and to ", absl::StrJoin(rest, ", ")));
  }
  shown.Print(session.out(), "Nothing goes anywhere else.");
  PrintLine(session.out(),
            absl::StrCat(CountWords(table.users(), "user", "users"), " and ",
                         CountWords(table.aliases(), "alias", "aliases"), ", no errors."));
  return absl::OkStatus();
}

absl::Status PrintExpansion(Session& session, const AliasTable& table,
                            const std::vector<std::string>& recipients) {
  const auto expansion = table.Expand(recipients);
  if (!expansion.ok()) return expansion.status();
  if (session.json) {
    google::protobuf::Struct told;
    auto& fields = *told.mutable_fields();
    fields["recipients"] = ListOf(expansion->recipients);
    std::vector<std::string> whole, headers;
    for (const AliasCopy& copy : expansion->copies) {
      (copy.headers_only ? headers : whole).push_back(copy.address);
    }
    fields["copies"] = ListOf(whole);
    fields["copies_of_headers"] = ListOf(headers);
    return session.PrintJson(told);
  }
  Table shown({"TO", "WHAT"});
  for (const std::string& recipient : expansion->recipients) shown.Add({recipient, "the mail"});
  for (const AliasCopy& copy : expansion->copies) {
    shown.Add({copy.address, copy.headers_only ? "a copy of its header" : "a copy"});
  }
  shown.Print(session.out(), "Nobody.");
  return absl::OkStatus();
}

absl::Status Check(Session& session, const Question& question) {
  auto text = ReadTextFile(question.path, sender::kMaxAliasBytes);
  if (!text.ok()) return text.status();
  const std::string name = FileNameOf(question.path);
  const auto table = AliasTable::Parse(*text, question.local_domains);
  crypto::Wipe(*text);  // it holds passwords
  if (!table.ok()) return sender::InFile(name, table.status());
  if (!session.json) {
    for (const std::string& warning : WarningsOf(*table, name)) {
      PrintLine(session.out(), absl::StrCat("warning: ", warning));
    }
  }
  if (!question.expand.empty()) return PrintExpansion(session, *table, question.expand);
  return Print(session, *table, name);
}

}  // namespace

void AddAliases(Nouns& nouns) {
  CLI::App& aliases = nouns.AddNoun("aliases", "Who mail really goes to");
  auto question = std::make_shared<Question>();
  CLI::App& check = nouns.AddVerb(
      aliases, "check", "Look through a file of aliases, without a server",
      "Shows what goes to somebody else, or to whom copies go. Warnings and errors read\n"
      "FILE:LINE:COLUMN: REASON; exits with 1 when there is an error. "
      "Passwords in the file are passed over.\n\n"
      "Examples:\n  posternctl aliases check passwd --local-domain example.org\n"
      "  posternctl aliases check passwd --local-domain example.org --expand sales@example.org\n",
      [question](Session& session) { return Check(session, *question); });
  check.add_option("FILE", question->path, "as the sender's --aliases-file")->required();
  check.add_option("--local-domain", question->local_domains, "as the sender has them")
      ->required()
      ->option_text("DOMAIN ...");
  check.add_option("--expand", question->expand, "show who mail to these addresses goes to")
      ->option_text("ADDRESS ...");
}

}  // namespace postern::posternctl
