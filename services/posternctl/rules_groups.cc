// `posternctl rules groups` and `rules group`: lists of addresses that rules ask for.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

struct Group {
  std::string name, user;
  std::vector<std::string> add, remove;
};

absl::Status Show(Session& session, const std::string& user) {
  rules::v1::ShowListsRequest request;
  request.set_user(user);
  auto answer = session.Call(&Stub::ShowLists, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"GROUP", "ADDRESSES"});
  for (const auto& list : answer->lists())
    table.Add({list.name(), absl::StrJoin(list.addresses(), ", ")});
  table.Print(session.out(), "No groups.");
  return absl::OkStatus();
}

absl::Status Change(Session& session, const Group& group) {
  rules::v1::ChangeListRequest request;
  request.set_user(group.user);
  request.set_list(group.name);
  request.mutable_add()->Assign(group.add.begin(), group.add.end());
  request.mutable_remove()->Assign(group.remove.begin(), group.remove.end());
  auto done = session.Call(&Stub::ChangeList, request);
  if (!done.ok()) return done.status();
  if (session.json) return session.PrintJson(*done);
  PrintLine(session.out(), absl::StrCat("The group ", group.name, " is changed."));
  return absl::OkStatus();
}

void AddUserOption(CLI::App& verb, std::string& user) {
  verb.add_option("--user", user, "of this bare JID; else everybody's")->option_text("JID");
}

void AddAddresses(CLI::App& verb, const char* option, std::vector<std::string>& addresses,
                  const char* help) {
  verb.add_option(option, addresses, help)
      ->option_text("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void AddRuleGroups(Nouns& nouns, CLI::App& rules) {
  auto user = std::make_shared<std::string>();
  CLI::App& groups = nouns.AddVerb(
      rules, "groups", "Lists of addresses that rules ask for",
      "Rules ask whether somebody is in one: \"is a member of\" in content filters, :list in\n"
      "Sieve.\n\n"
      "Example:\n  posternctl rules groups\n",
      [user](Session& session) { return Show(session, *user); });
  AddUserOption(groups, *user);

  auto group = std::make_shared<Group>();
  CLI::App& change = nouns.AddVerb(
      rules, "group", "Put addresses into a group, or take them out",
      "A group that has no addresses any more is gone. @example.org is everybody there.\n\n"
      "Examples:\n  posternctl rules group sales-team --add ann@example.org --add @example.net\n"
      "  posternctl rules group sales-team --remove ann@example.org\n",
      [group](Session& session) { return Change(session, *group); });
  change.add_option("NAME", group->name, "letters, digits, '-', '_' and '.'")->required();
  AddAddresses(change, "--add", group->add, "to put in, may be repeated");
  AddAddresses(change, "--remove", group->remove, "to take out, may be repeated");
  AddUserOption(change, group->user);
  change.parse_complete_callback([group] {
    if (group->add.empty() && group->remove.empty())
      throw CLI::ValidationError("name an address: --add ADDRESS or --remove ADDRESS");
  });
}

}  // namespace postern::posternctl
