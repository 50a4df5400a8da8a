#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/fetcher/account_book.h"
#include "services/fetcher/effects/fact_finder.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/effects/long_trouble.h"

namespace postern::fetcher {

// Has the rules judge mails: at once as they were read, and once more, with their bytes and what
// else they ask for, those of which that is not enough.
class Judging {
 public:
  static constexpr size_t kMost = 64;                   // mails in one call: rules.proto
  static constexpr size_t kMaxRaw = 1024 * 1024;        // of a mail that the rules look at
  static constexpr size_t kMaxBytes = 3 * 1024 * 1024;  // in one call

  explicit Judging(rules::v1::RulesService::StubInterface& rules) : rules_(rules) {}

  // Where facts come from; outlives this. Without them none are known.
  struct Sources {
    const AccountBook& accounts;
    const SendingBook& book;
    const AvailabilityFeed& availability;
    FactFinder& facts;
  };
  void Attach(const Sources& sources) { sources_.emplace(sources); }

  struct Question {
    const Account& account;
    std::string mailbox;  // its name; empty: INBOX
    ReadWhole read = {};  // the beginning of a mail, when its bytes are asked for; may be empty
    bool dry_run = false;
    std::string try_script = {};
    bool try_personal = false;  // in the place of the personal rules
    bool no_answers = false;    // the mails are no news
    // A copy of another mail of these is judged when that one is dealt with (RFC 7352): it is left
    // with `waits` set. Else it is judged as if that never were.
    bool lets_wait = false;
    bool wants_raw = false;  // an answer: the mails to come had better bring their bytes along
  };
  // Fills in what the rules say of each, and the plans. What they can't judge for good (their
  // answer is too large, they ask without end) is kept, with a word of it in `errors`.
  net::Task<absl::Status> Judge(Question& question, std::vector<JudgedMail>& mails);

  // Whether anything is in force that judges mail of this user. True when in doubt; an answer
  // may be ten seconds old.
  net::Task<bool> Any(std::string user);
  // It is done: what is to be remembered of it is.
  net::Task<absl::Status> Commit(const Account& account, std::vector<JudgedMail>& mails);

 private:
  struct Known {
    bool any = false;
    int64_t at_unix = 0;
  };
  using Indices = std::vector<size_t>;
  net::Task<absl::Status> Ask(const Question& question, std::vector<JudgedMail>& mails,
                              Indices some, std::vector<std::map<std::string, std::string>>& facts);
  net::Task<absl::Status> AskSome(const Question& question, std::vector<JudgedMail>& mails,
                                  Indices some,
                                  const std::vector<std::map<std::string, std::string>>& facts);
  net::Task<absl::Status> AskApart(const Question& question, std::vector<JudgedMail>& mails,
                                   Indices some,
                                   const std::vector<std::map<std::string, std::string>>& facts,
                                   absl::Status refusal);
  absl::Status NoteRefusal(const Question& question, const absl::Status& refusal, JudgedMail& mail);
  net::Task<absl::Status> Complete(Question& question, std::vector<JudgedMail>& mails, size_t at,
                                   std::map<std::string, std::string>& facts);
  rules::v1::EvaluateRequest RequestFor(const Question& question, const JudgedMail& mail,
                                        const std::map<std::string, std::string>& facts) const;
  static absl::Status MakePlans(const Question& question, std::vector<JudgedMail>& mails);
  net::Task<absl::Status> FindFacts(const Question& question, std::vector<std::string> keys,
                                    std::map<std::string, std::string>& facts);
  net::Task<bool> AnyOf(std::string scope);

  rules::v1::RulesService::StubInterface& rules_;
  std::optional<Sources> sources_;
  absl::flat_hash_map<std::string, Known> known_;   // by scope
  absl::flat_hash_map<std::string, int> refusals_;  // by mail
  LongTrouble folders_;                             // that can't be listed
};

}  // namespace postern::fetcher
