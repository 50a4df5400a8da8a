#include "services/posternctl/nouns.h"

#include <utility>

namespace postern::posternctl {

CLI::App& Nouns::AddNoun(const std::string& name, const std::string& purpose) {
  return AddGroup(app_, name, purpose);
}

CLI::App& Nouns::AddGroup(CLI::App& noun, const std::string& name, const std::string& purpose) {
  CLI::App* group = noun.add_subcommand(name, purpose);
  group->require_subcommand(1);
  group->fallthrough();  // --json and --addr may stand anywhere
  return *group;
}

CLI::App& Nouns::AddVerb(CLI::App& noun, const std::string& name, const std::string& purpose,
                         const std::string& help, Verb verb) {
  CLI::App* added = noun.add_subcommand(name, purpose);
  added->fallthrough();
  added->footer(help);
  added->callback([&chosen = chosen_, verb = std::move(verb)] { chosen = verb; });
  return *added;
}

CLI::App& Nouns::AddLoneVerb(const std::string& name, const std::string& purpose,
                             const std::string& help, Verb verb) {
  return AddVerb(app_, name, purpose, help, std::move(verb));
}

}  // namespace postern::posternctl
