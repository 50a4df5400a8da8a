#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/rules/engine/evaluate.h"
#include "services/rules/sieve/compile.h"
#include "tests/sieve/suite_mails.h"
#include "tests/sieve/suite_matching.h"

// What the commands and tests of vnd.dovecot.testsuite do here.
namespace postern::rules::suite {

// Of one `test "name" { … }`.
struct Block {
  std::string name;
  uint32_t begin = 0, end = 0;  // lines: [begin, end)
  bool begun = false;
  std::string failure;  // why it doesn't pass; empty: it does, when it was begun
};

// The state of a file that runs. A block that has failed goes on to its end, but nothing it asks
// for is done any more; the first reason counts.
class SuiteCommands : public Foreign {
 public:
  // `folder` is the file's: scripts are named relative to it.
  SuiteCommands(std::string folder, std::vector<Block>& blocks);

  // The names that Pigeonhole's files use beside Sieve's own.
  static std::vector<std::string> Names();

  // The mail and the envelope that each file begins with.
  void Begin(MessageView& message, Facts& facts);

  bool Call(const std::string& name, const std::vector<Argument>& arguments, uint32_t line,
            MessageView& message, Facts& facts, Evaluation& so_far) override;

 private:
  // Who is called: the evaluation of the file itself.
  struct Caller {
    MessageView& message;
    Facts& facts;
    Evaluation& so_far;
  };
  using Handler = bool (SuiteCommands::*)(const Arguments&, Caller&);
  static const std::map<std::string, Handler>& Handlers();

  bool Ignore(const Arguments&, Caller&);
  bool Fail(const Arguments& arguments, Caller&);
  bool Set(const Arguments& arguments, Caller& caller);
  bool SetConfig(const Arguments& arguments, Caller& caller);
  bool UnsetConfig(const Arguments& arguments, Caller& caller);
  bool CompileScript(const Arguments& arguments, Caller& caller);
  bool RunScript(const Arguments& arguments, Caller& caller);
  bool RunScripts(const Arguments& arguments, Caller& caller);
  bool Error(const Arguments& arguments, Caller& caller);
  bool ResultAction(const Arguments& arguments, Caller& caller);
  bool ExecuteResult(const Arguments& arguments, Caller& caller);
  bool ResetResult(const Arguments& arguments, Caller& caller);
  bool Message(const Arguments& arguments, Caller& caller);
  bool CreateMailbox(const Arguments& arguments, Caller& caller);
  bool DeleteMailbox(const Arguments& arguments, Caller& caller);
  bool SaveBinary(const Arguments& arguments, Caller& caller);
  bool LoadBinary(const Arguments& arguments, Caller& caller);
  bool SetMetadata(const Arguments& arguments, Caller& caller);

  void FailBlock(const std::string& reason);
  void TakeMessage(const std::string& text, MessageView& message, Facts& facts);
  PreparedProgramPtr CompileFile(const std::string& name);
  // Evaluates until every fact is known, then adds what came out to the file's own result.
  bool Take(Evaluation evaluation, Caller& caller);
  Evaluation Run(std::span<const Stage> stages, Caller& caller);
  Evaluation RunWithCommands(const PreparedProgram& program, MessageView& view, Facts& facts);
  void TakeOwnAddresses(Facts& facts) const;
  std::string LookUp(const FactKey& key, const Facts& facts) const;
  size_t Setting(const char* name, size_t otherwise) const;
  EvaluationLimits Limits() const;

  const std::string folder_;
  std::vector<Block>& blocks_;
  Block* block_ = nullptr;
  std::map<std::string, std::string> settings_;
  PreparedProgramPtr compiled_;
  bool fails_itself_ = false;  // what was compiled last, by commands of the suite
  std::map<std::string, PreparedProgramPtr> binaries_;
  std::vector<std::string> errors_;
  Mails mails_;
  std::string text_;  // the mail as it came
  size_t edits_ = 0;  // of the file's result: those before belong to other mails
  std::vector<std::string> keep_flags_;
  std::vector<Mark> marks_;  // of the result; remembered when it was carried out
  std::set<FactKey> remembered_;
};

}  // namespace postern::rules::suite
