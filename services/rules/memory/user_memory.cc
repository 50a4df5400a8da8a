#include "services/rules/memory/user_memory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/rules/memory/memory_scripts.h"

namespace postern::rules {
namespace {

constexpr size_t kDigestLength = 32;
constexpr uint32_t kMostTaken = 1000;  // of a budget at once
constexpr size_t kAtOnce = 400;        // marks in one call; memory_scripts.cc takes away 500

std::string KeyOf(const std::string& user, absl::string_view what) {
  return absl::StrCat("postern:memo:{", user, "}:", what);
}

// Keys name Message-IDs and addresses: as digests they are short, whatever a mail says.
std::string DigestOf(const std::string& key) {
  return crypto::Sha256Hex(key).substr(0, kDigestLength);
}

std::vector<std::string> MarkKeys(const std::string& user) {
  return {KeyOf(user, "marks"), KeyOf(user, "marks:ends")};
}

absl::Status Senseless() { return absl::InternalError("user memory: an answer of Redis is short"); }

// The place of a budget's key in KEYS, from 1.
size_t PlaceOf(std::string key, std::vector<std::string>& keys) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found != keys.end()) return static_cast<size_t>(found - keys.begin()) + 1;
  keys.push_back(std::move(key));
  return keys.size();
}

UserMemory::Answer ReadAnswer(absl::string_view text) {
  if (text == "yes") return UserMemory::Answer::kYes;
  return text == "before" ? UserMemory::Answer::kDoneBefore : UserMemory::Answer::kSpent;
}

}  // namespace

net::Task<absl::StatusOr<std::vector<bool>>> UserMemory::Seen(std::string user,
                                                              std::vector<Question> questions) {
  std::vector<bool> seen;
  for (size_t begin = 0; begin < questions.size(); begin += kAtOnce) {
    const size_t end = std::min(begin + kAtOnce, questions.size());
    std::vector<std::string> args;
    for (size_t i = begin; i < end; ++i) {
      args.push_back(questions[i].mail_id);
      args.push_back(DigestOf(questions[i].key));
    }
    std::vector<std::string> keys = MarkKeys(user);
    auto answer = co_await redis_.Run(SeenScript(), std::move(keys), std::move(args));
    if (!answer.ok()) co_return answer.status();
    if (answer->items.size() != end - begin) co_return Senseless();
    for (const store::Reply& item : answer->items) seen.push_back(item.text == "1");
  }
  co_return seen;
}

net::Task<absl::Status> UserMemory::Leave(std::string user, std::string mail_id,
                                          std::vector<NewMark> marks) {
  for (size_t begin = 0; begin < marks.size(); begin += kAtOnce) {
    const size_t end = std::min(begin + kAtOnce, marks.size());
    std::vector<std::string> args{mail_id, absl::StrCat(kMaxMarks)};
    for (size_t i = begin; i < end; ++i) {
      args.push_back(DigestOf(marks[i].key));
      args.push_back(absl::StrCat(std::min(marks[i].seconds, kLongest)));
    }
    std::vector<std::string> keys = MarkKeys(user);
    auto answer = co_await redis_.Run(LeaveScript(), std::move(keys), std::move(args));
    if (!answer.ok()) co_return answer.status();
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::vector<UserMemory::Answer>>> UserMemory::Take(
    std::string user, std::vector<Claim> claims) {
  std::vector<Answer> answers;
  if (claims.empty()) co_return answers;
  std::vector<std::string> keys = MarkKeys(user);
  std::vector<std::string> args{absl::StrCat(absl::ToInt64Milliseconds(kClaimed)),
                                absl::StrCat(kMaxMarks)};
  for (const Claim& claim : claims) {
    args.push_back(claim.mail_id);
    args.push_back(DigestOf(claim.action));
    args.push_back(claim.once.empty() ? "" : DigestOf(claim.once));
    args.push_back(absl::StrCat(claim.budgets.size()));
    for (const Budget& budget : claim.budgets) {
      args.push_back(absl::StrCat(PlaceOf(KeyOf(user, absl::StrCat("spent:", budget.name)), keys)));
      args.push_back(absl::StrCat(budget.most));
      args.push_back(absl::StrCat(absl::ToInt64Milliseconds(budget.within)));
      args.push_back(absl::StrCat(std::min(budget.takes, kMostTaken)));
    }
  }
  auto answer = co_await redis_.Run(TakeScript(), std::move(keys), std::move(args));
  if (!answer.ok()) co_return answer.status();
  if (answer->items.size() != claims.size()) co_return Senseless();
  for (const store::Reply& item : answer->items) answers.push_back(ReadAnswer(item.text));
  co_return answers;
}

net::Task<absl::Status> UserMemory::Forget(std::string user) {
  std::vector<std::string> remove = MarkKeys(user);
  remove.insert(remove.begin(), "DEL");
  auto removed = co_await redis_.Command(std::move(remove));
  co_return removed.status();
}

}  // namespace postern::rules
