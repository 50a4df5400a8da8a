#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/crypto/sealed_file.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/prepared_program.h"
#include "services/rules/jsmail/acl.h"
#include "services/rules/jsmail/finger.h"
#include "services/rules/programs/compiler.h"

namespace postern::rules {

struct JsmailFolderOptions {
  std::string path;         // empty: there is no folder
  std::string user_domain;  // of the users that responders forward to by name alone; may be empty
  std::string key_file;     // opens sealed files; empty: none can be
};

// The operator's files of JSMail, in one folder, as they are now: reject, allow-deny, responders
// with their texts, subject, and finger files. Those of the site's that are here win over what was
// imported. Each is in force whole or not at all: while one has an error, the one before is.
// Files of the folder that are none of these are passed over.
class JsmailFolder {
 public:
  JsmailFolder(JsmailFolderOptions options, Compiler& compiler)
      : options_(std::move(options)), compiler_(compiler) {}

  // What is wrong is logged, once for each state of a file.
  net::Task<void> Look();
  // Looks every second, for ever; the first time after one.
  net::Task<void> Watch();

  // Null: no such file is in force.
  PreparedProgramPtr Find(v1::RuleLanguage language) const;
  // Who may connect; null: everybody.
  const jsmail::Acl* acl() const { return acl_ ? &*acl_ : nullptr; }
  const jsmail::FingerBook& fingers() const { return fingers_; }

  // "file:line:column: reason" of what is not in force.
  std::vector<std::string> Problems() const;
  // Adds what is here to a listing of the site; what was imported and has to give way is
  // shown as not in force.
  void AddTo(bool with_source, v1::ListRulesResponse& response) const;

  static constexpr size_t kMaxFiles = 20'000;
  static constexpr size_t kMaxFileBytes = 256 * 1024;

 private:
  struct Entry {
    crypto::FileKind kind = crypto::FileKind::kReject;
    std::string signature;           // of the state that was looked at last
    std::vector<std::string> texts;  // that a responders file names: beside it
    std::string problem;             // why that state is not in force; empty: it is
    v1::RuleProgram listed;          // in force
    PreparedProgramPtr program;
  };

  // What the folder holds: names, by kind where there is one of each.
  absl::StatusOr<std::map<std::string, crypto::FileKind>> Names();
  std::string SignatureOf(const std::string& name, const Entry& entry) const;
  net::Task<void> Load(std::string name);
  absl::StatusOr<ProgramSource> Read(const std::string& name, Entry& entry) const;
  void Adopt(const std::string& name, const ProgramSource& source, CompiledSource compiled);
  void TakeTheOthersOut(const std::string& name, crypto::FileKind kind);
  void Refuse(const std::string& name, absl::string_view problem);
  void Forget(const std::string& name);

  const JsmailFolderOptions options_;
  Compiler& compiler_;
  std::map<std::string, Entry> entries_;  // by file name
  std::set<std::string> passed_over_;     // and told of
  std::string folder_problem_;
  std::optional<jsmail::Acl> acl_;
  jsmail::FingerBook fingers_;
};

}  // namespace postern::rules
