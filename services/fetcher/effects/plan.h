#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postern/rules/v1/rules.pb.h"

namespace postern::fetcher {

// A folder that a mail goes to.
struct FilingStep {
  std::string key;          // of the action
  std::string mailbox;      // UTF-8
  std::string special_use;  // "\\Trash": that folder, where there is one; may be empty
  std::vector<std::string> flags;
  bool create = false;
};

// What is to become of a mail, by what the rules say.
struct Plan {
  bool deliver = false;             // to the account's owner
  bool headers_only = false;        // in this form
  bool urgent = false;              // at once, whatever the presence and the hour: `deliver "full"`
  bool digest = false;              // with the next digest
  std::vector<std::string> others;  // bare JIDs that get it as well, or instead
  std::optional<int64_t> hold_until;
  bool stays = true;                     // in the mailbox that it is in
  std::vector<std::string> flags;        // if it stays
  std::vector<FilingStep> filings;       // if it doesn't stay, the last one is where it is moved to
  std::vector<rules::v1::Action> sends;  // redirects, answers, notifications, notes, in order

  bool Files() const { return !filings.empty() || (stays && !flags.empty()); }
  // It is delivered as the account says, and that is all.
  bool IsPlain() const;
};

// Pure. `mailbox` is the one that the mail is in: to be filed there is to stay. What is filed
// elsewhere, and not kept as well, is not delivered (RFC 5228 section 4.1: the implicit keep is
// cancelled); nor is what is discarded, rejected or put in quarantine, which all leave the
// mailbox as it is.
Plan PlanOf(const rules::v1::EvaluateResponse& said, const std::string& mailbox);

// "fileinto Lists", "redirect ann@example.org": for people, one line, the name that Sieve gives
// it first. Keeps that nobody asked for are left out.
std::vector<std::string> DescribeActions(const rules::v1::EvaluateResponse& said);

}  // namespace postern::fetcher
