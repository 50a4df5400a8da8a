#include "tests/sieve/suite_script.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace postern::rules::suite {
namespace {

sieve::CompileOptions OptionsOf(const std::string& path) {
  sieve::CompileOptions options = OptionsFor(path, path.substr(0, path.rfind('/')));
  AddCommands(options);
  return options;
}

// Files ask for it that use nothing of it.
std::string WithoutDebug(absl::string_view source) {
  return absl::StrReplaceAll(source, {{"require \"vnd.dovecot.debug\";", ""}});
}

// The blocks of a file: from its line to that of the next command.
std::vector<Block> BlocksOf(const sieve::Script& script, uint32_t lines) {
  std::vector<Block> blocks;
  for (size_t i = 0; i < script.commands.size(); ++i) {
    const sieve::Command& command = script.commands[i];
    if (command.name != "test" || !command.has_block) continue;
    Block block;
    if (!command.arguments.empty() && !command.arguments.front().strings.empty())
      block.name = command.arguments.front().strings.front().text;
    block.begin = command.at.line;
    block.end = i + 1 < script.commands.size() ? script.commands[i + 1].at.line : lines + 1;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

// The file without the blocks that have failed for good, line for line.
std::string Without(absl::string_view source, const std::vector<Block>& blocks,
                    const std::set<size_t>& left_out) {
  std::vector<std::string> lines = absl::StrSplit(source, '\n');
  for (const size_t index : left_out) {
    for (uint32_t line = blocks[index].begin; line < blocks[index].end; ++line) {
      if (line <= lines.size()) lines[line - 1].clear();
    }
  }
  return absl::StrJoin(lines, "\n");
}

EvaluationLimits NoLimits() {
  EvaluationLimits limits;
  limits.steps = 10'000'000;
  limits.actions = limits.redirects = limits.notifies = 100'000;
  limits.wall = absl::InfiniteDuration();
  return limits;
}

class File {
 public:
  File(std::string path, std::string source) : path_(std::move(path)), source_(std::move(source)) {}

  std::vector<Block> Run() {
    const sieve::Parsed parsed = sieve::Parse(source_, OptionsOf(path_));
    const auto lines = static_cast<uint32_t>(std::ranges::count(source_, '\n') + 1);
    blocks_ = BlocksOf(parsed.script, lines);
    // Each round leaves out a block more, or looks something up.
    for (size_t round = 0; round < 2 * blocks_.size() + 20 && !RunOnce(); ++round) {
    }
    for (Block& block : blocks_) {
      if (!block.begun && block.failure.empty())
        block.failure = file_error_.empty() ? "not reached" : file_error_;
    }
    return blocks_;
  }

 private:
  // True when it came to the end.
  bool RunOnce() {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      blocks_[i].begun = false;
      if (!left_out_.contains(i)) blocks_[i].failure.clear();
    }
    const Compiled compiled =
        sieve::Compile(Without(source_, blocks_, left_out_), OptionsOf(path_));
    if (!compiled.program) return LeaveOutWrong(compiled.problems);

    const PreparedProgram prepared(compiled.program);
    const std::string nothing;
    MessageView message(nothing);
    Facts facts;
    facts.now = absl::Now();
    facts.received = facts.now;
    facts.zone = absl::LocalTimeZone();
    facts.looked_up = looked_up_;
    facts.environment = {{"host", "mail.example.org"}, {"domain", "example.org"}, {"version", "0"}};
    SuiteCommands commands(path_.substr(0, path_.rfind('/')), blocks_);
    commands.Begin(message, facts);
    const Evaluation evaluation = EvaluateForeign(prepared, message, facts, NoLimits(), commands);
    if (evaluation.error) return LeaveOut(evaluation.error->line, evaluation.error->message);
    if (evaluation.missing.empty()) return true;
    for (const FactKey& key : evaluation.missing) looked_up_[key] = NothingThere(key);
    return false;
  }

  bool LeaveOutWrong(const std::vector<Problem>& problems) {
    bool done = false;
    for (const Problem& problem : problems) {
      if (!problem.warning)
        done = LeaveOut(problem.at.line, absl::StrCat("not compiled: ", problem.text)) || done;
    }
    return done;
  }

  // True when nothing more can be done about it.
  bool LeaveOut(uint32_t line, const std::string& reason) {
    const std::string where = absl::StrCat("line ", line, ": ", reason);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (line < blocks_[i].begin || line >= blocks_[i].end) continue;
      if (left_out_.insert(i).second) blocks_[i].failure = where;
      return false;
    }
    file_error_ = where;
    return true;
  }

  const std::string path_, source_;
  std::vector<Block> blocks_;
  std::set<size_t> left_out_;
  std::map<std::string, std::string> looked_up_;
  std::string file_error_;
};

}  // namespace

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string NothingThere(const FactKey& key) {
  for (const char* asked : {"mailbox:", "duplicate:", "list:", "lists:"}) {
    if (absl::StartsWith(key, asked)) return "no";
  }
  return "";
}

sieve::CompileOptions OptionsFor(const std::string& name, const std::string& folder) {
  sieve::CompileOptions options;
  options.file_name = name;
  options.trust_mail = true;
  options.include = [folder](absl::string_view script, bool personal) {
    const char* const place = personal ? "/included/" : "/included-global/";
    return ReadFile(absl::StrCat(folder, place, script, ".sieve"));
  };
  return options;
}

void AddCommands(sieve::CompileOptions& options) {
  options.foreign_extension = std::string(kExtension);
  options.foreign_names = SuiteCommands::Names();
}

absl::StatusOr<std::vector<Block>> RunFile(const std::string& path) {
  const std::optional<std::string> source = ReadFile(path);
  if (!source) return absl::NotFoundError(absl::StrCat(path, ": can't be read"));
  return File(path, WithoutDebug(*source)).Run();
}

}  // namespace postern::rules::suite
