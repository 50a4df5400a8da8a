#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "services/posternctl/session.h"

// The nouns of the command line. Each has a file of its own, named after it.
namespace postern::posternctl {

using Verb = std::function<absl::Status(Session&)>;

// Where nouns hang their verbs; the one that the user named is run in the end.
class Nouns {
 public:
  Nouns(CLI::App& app, Verb& chosen) : app_(app), chosen_(chosen) {}

  CLI::App& AddNoun(const std::string& name, const std::string& purpose);
  // Verbs that belong together, under a noun: `rules import jsmail`.
  CLI::App& AddGroup(CLI::App& noun, const std::string& name, const std::string& purpose);
  // `help` is shown under the options: what the columns mean, examples.
  CLI::App& AddVerb(CLI::App& noun, const std::string& name, const std::string& purpose,
                    const std::string& help, Verb verb);
  // A noun that is its own verb: `posternctl status`.
  CLI::App& AddLoneVerb(const std::string& name, const std::string& purpose,
                        const std::string& help, Verb verb);

 private:
  CLI::App& app_;
  Verb& chosen_;
};

void AddUsers(Nouns& nouns);
void AddAccounts(Nouns& nouns);
void AddQueue(Nouns& nouns);
void AddRules(Nouns& nouns);
void AddSessions(Nouns& nouns);
void AddWatches(Nouns& nouns);
void AddStatus(Nouns& nouns);
void AddSchedule(Nouns& nouns);
void AddKey(Nouns& nouns);
void AddDkim(Nouns& nouns, CLI::App& key);
void AddRoutes(Nouns& nouns);
void AddAliases(Nouns& nouns);
void AddSeal(Nouns& nouns);
// Verbs of `rules` and `accounts` that fill a file.
void AddExplain(Nouns& nouns, CLI::App& rules);
void AddWatching(Nouns& nouns, CLI::App& accounts);
void AddSending(Nouns& nouns, CLI::App& accounts);  // and route

}  // namespace postern::posternctl
