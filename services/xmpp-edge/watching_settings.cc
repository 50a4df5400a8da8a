#include "services/xmpp-edge/watching_settings.h"

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/quiet.h"
#include "services/xmpp-edge/texts/rule_trial.h"
#include "services/xmpp-edge/watching_text.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Watching;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr absl::string_view kZone = "zone ";

void Change(const std::string& said, Watching& watching) {
  if (absl::StartsWithIgnoreCase(said, kZone)) {
    watching.set_time_zone(std::string(absl::StripAsciiWhitespace(said.substr(kZone.size()))));
  } else {
    watching.set_quiet_hours(said == "off" ? "" : absl::AsciiStrToUpper(said));
  }
}

// Which zone is kept for hours that are yet to be set.
std::string NoQuietText(const admin::v1::Account& account, bool of_zone, const Words& words) {
  const std::string text = texts::NoQuietHours(words, account.name());
  if (!of_zone || account.watching().time_zone().empty()) return text;
  return absl::StrCat(texts::ZoneIsKept(words, account.name(), account.watching().time_zone()), " ",
                      text);
}

std::string QuietText(const admin::v1::Account& account, bool of_zone, const Words& words) {
  if (account.watching().quiet_hours().empty()) return NoQuietText(account, of_zone, words);
  std::string text = WatchingText(account, absl::Now(), words);
  if (account.watching().time_zone().empty()) {
    absl::StrAppend(&text, " ", texts::QuietHoursAreUtc(words));
  }
  return text;
}

}  // namespace

net::Task<absl::StatusOr<admin::v1::Account>> StoreWatching(FeatureContext context,
                                                            std::string user,
                                                            AccountDirectory::Account account,
                                                            Watching watching) {
  admin::v1::SetWatchingRequest request;
  request.set_account_id(account->id());
  request.set_owner(user);
  *request.mutable_watching() = std::move(watching);
  auto answer = co_await rpc::Call(
      context.admin.async(), &admin::v1::AdminService::StubInterface::async_interface::SetWatching,
      std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  // Ahead of the news from admin.
  admin::v1::Account changed = *account;
  changed.clear_watching();
  if (answer->account().has_watching()) {
    *changed.mutable_watching() = answer->account().watching();
  }
  changed.set_settings_revision(answer->account().settings_revision());
  context.directory.Apply(changed);
  co_return changed;
}

net::Task<std::string> SetQuietHours(FeatureContext context, std::string user,
                                     std::vector<AccountDirectory::Account> accounts,
                                     std::string said, const Words& words) {
  if (accounts.empty()) co_return texts::NoMailbox(words);
  std::vector<std::string> lines;
  for (const AccountDirectory::Account& account : accounts) {
    if (said.empty()) {
      lines.push_back(QuietText(*account, false, words));
      continue;
    }
    Watching watching = account->watching();
    Change(said, watching);
    auto stored = co_await StoreWatching(context, user, account, std::move(watching));
    if (stored.ok()) {
      lines.push_back(QuietText(*stored, absl::StartsWithIgnoreCase(said, kZone), words));
      continue;
    }
    const auto wording = words::WordingOf(stored.status());
    // What is wrong with the hours is wrong for all accounts.
    co_return wording ? texts::QuietNotSet(words, words.Say(*wording))
                      : texts::CommandNotNow(words);
  }
  if (said.empty()) lines.push_back(texts::HowToBeQuiet(words));
  co_return absl::StrJoin(lines, "\n");
}

}  // namespace postern::xmpp_edge
