#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/rules/filter/action.h"
#include "services/rules/filter/macro_text.h"

namespace postern::rules::filter {

// Reads one action. Only for action.cc and action_edits.cc; all that it is given outlives it.
class ActionReader {
 public:
  ActionReader(const ActionLine& line, const Rule& rule, bool may_run, Gathered& gathered,
               Source& source)
      : line_(line), rule_(rule), may_run_(may_run), gathered_(gathered), source_(source) {}

  Carried Run();

 private:
  void Fail(std::string why);
  void Lose(std::string why) { carried_.lost = std::move(why); }
  void Do(Statement statement) { carried_.statements.push_back(std::move(statement)); }
  std::string Argument(size_t i) const { return i < arguments_.size() ? arguments_[i] : ""; }
  Text TextOf(absl::string_view written, uint32_t most = kInHeader);

  void Take();
  void TakeAway();  // the mail is its user's no more

  // Where to go on.
  void Skip();
  void Jump();

  // The mail itself: action_edits.cc.
  void Change(ChangeBody change);
  void AddField();
  void DeleteField();
  void Append();
  void Replace(bool in_header);

  // Elsewhere.
  void File(bool copy);
  void RunProcess();
  void AddLine();
  void Send();

  const ActionLine& line_;
  const Rule& rule_;
  const bool may_run_;
  Gathered& gathered_;
  Source& source_;
  std::vector<std::string> arguments_;
  Carried carried_;
};

}  // namespace postern::rules::filter
