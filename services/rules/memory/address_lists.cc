#include "services/rules/memory/address_lists.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/rules/list_name.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxAddress = 320;

// KEYS[1]: the names of an owner's lists; KEYS[2]: the addresses of one. ARGV: its name, "1" to
// replace, most lists, most addresses, number of removed ones, these, then the added ones.
const store::Script& ChangeScript() {
  static const store::Script script(R"lua(
    local first = 6 + tonumber(ARGV[5])
    local before = ARGV[2] == '1' and 0 or redis.call('SCARD', KEYS[2])
    local new = 0
    for i = first, #ARGV do
      if ARGV[2] == '1' or redis.call('SISMEMBER', KEYS[2], ARGV[i]) == 0 then new = new + 1 end
    end
    if before + new > tonumber(ARGV[4]) then return 'addresses' end
    if new > 0 and redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 and
       redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 'lists' end
    if ARGV[2] == '1' then redis.call('DEL', KEYS[2]) end
    for i = 6, first - 1 do redis.call('SREM', KEYS[2], ARGV[i]) end
    for i = first, #ARGV do redis.call('SADD', KEYS[2], ARGV[i]) end
    if redis.call('SCARD', KEYS[2]) > 0 then redis.call('SADD', KEYS[1], ARGV[1])
    else redis.call('SREM', KEYS[1], ARGV[1]) end
    return 'done'
  )lua");
  return script;
}

// KEYS[1]: the names of an owner's lists. In one step: a list of a new name, written meanwhile,
// would keep its addresses without a name.
const store::Script& ForgetScript() {
  static const store::Script script(R"lua(
    for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
      redis.call('UNLINK', KEYS[1] .. ':' .. name)
    end
    redis.call('UNLINK', KEYS[1])
    return 'done'
  )lua");
  return script;
}

// KEYS are lists; ARGV for each: "has" address, "exists" "", "members" most.
const store::Script& AskScript() {
  static const store::Script script(R"lua(
    local answers = {}
    for i, key in ipairs(KEYS) do
      local kind, what = ARGV[2 * i - 1], ARGV[2 * i]
      if kind == 'has' then
        local domain = string.match(what, '@[^@]*$') or ''
        answers[i] = tostring(math.max(redis.call('SISMEMBER', key, what),
                                       redis.call('SISMEMBER', key, domain)))
      elseif kind == 'exists' then
        answers[i] = tostring(redis.call('EXISTS', key))
      else
        local members = {}
        for _, address in ipairs(redis.call('SMEMBERS', key)) do
          if string.sub(address, 1, 1) ~= '@' then members[#members + 1] = address end
        end
        table.sort(members)
        answers[i] = table.concat(members, '\n', 1, math.min(#members, tonumber(what)))
      end
    end
    return answers
  )lua");
  return script;
}

std::string NamesKey(absl::string_view owner) {
  return absl::StrCat("postern:rules:{", owner.empty() ? "site" : owner, "}:lists");
}

std::string ListKey(absl::string_view owner, absl::string_view list) {
  return absl::StrCat(NamesKey(owner), ":", list);
}

absl::Status Wrong(const std::string& entry) {
  return words::Error(absl::StatusCode::kInvalidArgument,
                      words::Word("$0 is neither an address nor a domain such as @example.org",
                                  mail::CleanLine(mail::CutUtf8(entry, kMaxAddress))));
}

// As it is stored: in lower case, for people don't tell Ann@ from ann@.
absl::StatusOr<std::string> ReadEntry(const std::string& entry) {
  const std::string text(absl::StripAsciiWhitespace(entry));
  if (text.size() > kMaxAddress) return Wrong(entry);
  const std::string read = absl::StartsWith(text, "@") ? absl::StrCat("x", text) : text;
  auto address = mail::ParseAddress(read);
  if (!address.ok()) return Wrong(entry);
  const std::string spec = absl::AsciiStrToLower(address->Spec());
  return absl::StartsWith(text, "@") ? spec.substr(1) : spec;
}

absl::StatusOr<std::vector<std::string>> ReadEntries(const std::vector<std::string>& entries) {
  std::vector<std::string> read;
  for (const std::string& entry : entries) {
    auto one = ReadEntry(entry);
    if (!one.ok()) return one.status();
    read.push_back(*std::move(one));
  }
  return read;
}

absl::Status TooMany(absl::string_view what) {
  if (what == "lists") {
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("there are $0 lists already; empty one first", AddressLists::kMaxLists));
  }
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("a list has room for $0 addresses", AddressLists::kMaxAddresses));
}

}  // namespace

net::Task<absl::Status> AddressLists::Apply(Change change) {
  const std::string list = absl::AsciiStrToLower(change.list);
  if (!IsListName(list)) {
    co_return absl::InvalidArgumentError(
        "list: its name is letters, digits, '-', '_' and '.', 64 at the most");
  }
  if (change.add.size() + change.remove.size() > kMaxChanges) co_return TooMany("addresses");
  auto added = ReadEntries(change.add);
  if (!added.ok()) co_return added.status();
  auto removed = ReadEntries(change.remove);
  if (!removed.ok()) co_return removed.status();
  std::sort(added->begin(), added->end());
  added->erase(std::unique(added->begin(), added->end()), added->end());
  std::vector<std::string> keys{NamesKey(change.user), ListKey(change.user, list)};
  std::vector<std::string> args{list, change.replace ? "1" : "0", absl::StrCat(kMaxLists),
                                absl::StrCat(kMaxAddresses), absl::StrCat(removed->size())};
  args.insert(args.end(), removed->begin(), removed->end());
  args.insert(args.end(), added->begin(), added->end());
  auto answer = co_await redis_.Run(ChangeScript(), std::move(keys), std::move(args));
  if (!answer.ok()) co_return answer.status();
  if (answer->text != "done") co_return TooMany(answer->text);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::vector<AddressLists::List>>> AddressLists::Show(std::string user) {
  std::vector<std::string> ask{"SMEMBERS", NamesKey(user)};
  auto names = co_await redis_.Command(std::move(ask));
  if (!names.ok()) co_return names.status();
  std::vector<List> lists;
  for (const store::Reply& name : names->items) {
    std::vector<std::string> members{"SMEMBERS", ListKey(user, name.text)};
    auto addresses = co_await redis_.Command(std::move(members));
    if (!addresses.ok()) co_return addresses.status();
    List& list = lists.emplace_back();
    list.name = name.text;
    for (store::Reply& address : addresses->items)
      list.addresses.push_back(std::move(address.text));
    std::sort(list.addresses.begin(), list.addresses.end());
  }
  std::sort(lists.begin(), lists.end(),
            [](const List& a, const List& b) { return a.name < b.name; });
  co_return lists;
}

net::Task<absl::Status> AddressLists::Forget(std::string user) {
  if (user.empty()) co_return absl::InvalidArgumentError("address lists: there is no user");
  std::vector<std::string> keys{NamesKey(user)};
  std::vector<std::string> args;
  auto removed = co_await redis_.Run(ForgetScript(), std::move(keys), std::move(args));
  co_return removed.status();
}

net::Task<absl::Status> AddressLists::AskOne(std::string owner,
                                             const std::vector<Question>& questions,
                                             std::vector<Answer>& answers) {
  std::vector<std::string> keys, args;
  for (const Question& question : questions) {
    keys.push_back(ListKey(owner, NameOfList(question.list)));
    if (question.kind == Question::Kind::kHas) {
      args.insert(args.end(), {"has", absl::AsciiStrToLower(question.address)});
    } else if (question.kind == Question::Kind::kExists) {
      args.insert(args.end(), {"exists", ""});
    } else {
      args.insert(args.end(), {"members", absl::StrCat(kMaxMembers)});
    }
  }
  auto answer = co_await redis_.Run(AskScript(), std::move(keys), std::move(args));
  if (!answer.ok()) co_return answer.status();
  if (answer->items.size() != questions.size())
    co_return absl::InternalError("address lists: an answer of Redis is short");
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::string& text = answer->items[i].text;
    if (questions[i].kind != Question::Kind::kMembers) {
      answers[i].yes = answers[i].yes || text == "1";
      continue;
    }
    for (absl::string_view address : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      std::vector<std::string>& members = answers[i].members;
      const bool known = std::find(members.begin(), members.end(), address) != members.end();
      if (!known && members.size() < kMaxMembers) members.emplace_back(address);
    }
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::vector<AddressLists::Answer>>> AddressLists::Ask(
    std::string user, std::vector<Question> questions) {
  std::vector<Answer> answers(questions.size());
  if (questions.empty()) co_return answers;
  // Two scripts, for the two lie on different nodes of a cluster.
  absl::Status asked = co_await AskOne(user, questions, answers);
  if (asked.ok() && !user.empty()) asked = co_await AskOne("", questions, answers);
  if (!asked.ok()) co_return asked;
  co_return answers;
}

}  // namespace postern::rules
