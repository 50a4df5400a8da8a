#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "services/rules/programs/compiler.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// A program that has its say about a mail.
struct ProgramInForce {
  PreparedProgramPtr program;
  std::string scope, name;
  v1::RuleLanguage language = v1::RULE_LANGUAGE_UNSPECIFIED;
  bool operator_rule = false;
};

// In the order in which they speak: the site's (reject and subject files, content filter, script),
// the domain's, the user's own, the site's after. A mail is judged by these, whatever is stored
// meanwhile.
struct Stages {
  std::vector<ProgramInForce> programs;
  std::vector<words::Wording> troubles;  // of the user: what of theirs can't be compiled any more
};

// The stored programs, compiled when a mail first needs them. What changes is compiled anew, and
// mails of its scope wait for that (50 ms for 1,000 rules); one that can't be compiled leaves the
// one before in force. Of users, the 2,000 that were last needed are kept.
class ProgramsInForce {
 public:
  ProgramsInForce(boost::asio::any_io_executor executor, StoredPrograms& stored,
                  Compiler& compiler);

  net::Task<Stages> Of(std::string user);
  // Whether any program of anybody concerns this user; at once.
  bool HasAny(const std::string& user) const;

  // A program of the site that comes from elsewhere (a watched folder), and wins over the stored
  // one of its language; null: there is none.
  using Elsewhere = std::function<PreparedProgramPtr(v1::RuleLanguage)>;
  void TakeFrom(Elsewhere elsewhere) { elsewhere_ = std::move(elsewhere); }
  // Whether a program that is stored under this key has to give way to such a one.
  bool GivesWay(const ProgramKey& key) const {
    return key.scope == kSiteScope && elsewhere_ && elsewhere_(key.language) != nullptr;
  }

  // What a program of this scope is compiled with.
  ProgramSource SourceOf(const v1::RuleProgram& program) const;

  static constexpr size_t kMaxUsers = 2000;

 private:
  struct Part {
    PreparedProgramPtr program;  // null: it never could be compiled
    std::string source_hash;
    words::Wording trouble;  // of its owner
  };
  struct Scope {
    explicit Scope(boost::asio::any_io_executor executor) : compiled(executor) {}
    std::map<ProgramKey, Part> parts;
    bool fresh = false, compiling = false, includes_global = false;
    uint64_t used = 0;
    net::Event compiled;
  };
  using ScopePtr = std::shared_ptr<Scope>;

  void Changed(const std::string& scope);
  net::Task<ScopePtr> Ready(std::string scope);
  net::Task<void> CompileAll(std::string name, ScopePtr scope);
  void Adopt(const ProgramKey& key, CompiledSource compiled, Scope& before, Scope& after);
  void AddAll(const std::string& name, const Scope& scope, bool after, Stages& stages) const;
  std::vector<v1::RuleProgram> InForceOf(const std::string& scope) const;
  void MakeRoom();

  boost::asio::any_io_executor executor_;
  StoredPrograms& stored_;
  Compiler& compiler_;
  Elsewhere elsewhere_;
  std::map<std::string, ScopePtr> scopes_;
  uint64_t uses_ = 0;
};

}  // namespace postern::rules
