#include "services/xmpp-edge/sending_settings.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "lib/mail/address.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/sending_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Sending;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr char kNone[] = "none";
constexpr absl::string_view kSettings[] = {"signature", "identity", "undo",
                                           "zone",      "form",     "folder"};

// Takes the first word off, in small letters; blanks and line breaks before and behind it go.
std::string TakeWord(absl::string_view& text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  const size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
  const std::string word = absl::AsciiStrToLower(text.substr(0, end));
  text = absl::StripAsciiWhitespace(text.substr(end));
  return word;
}

bool IsSetting(absl::string_view word) {
  for (const absl::string_view known : kSettings) {
    if (word == known) return true;
  }
  return false;
}

absl::Status Wrong(const words::Wording& why) {
  return words::Error(absl::StatusCode::kInvalidArgument, why);
}

std::string SpecOf(const std::string& from) {
  const auto address = mail::ParseAddress(from);
  return address.ok() ? address->Spec() : from;
}

// One more sender, or another name for one that is there; nobody loses a signature.
void SetIdentity(const std::string& from, Sending& sending) {
  if (from.empty()) {
    sending.clear_identities();
    return;
  }
  for (admin::v1::Identity& identity : *sending.mutable_identities()) {
    if (!absl::EqualsIgnoreCase(SpecOf(identity.from()), SpecOf(from))) continue;
    identity.set_from(from);
    return;
  }
  sending.add_identities()->set_from(from);
}

// The accounts that may be meant.
std::vector<AccountDirectory::Account> Meant(const FeatureContext& context, const std::string& user,
                                             const std::string& name) {
  std::vector<AccountDirectory::Account> accounts;
  for (const AccountDirectory::Account& account : context.directory.Of(user)) {
    if (IsReceiving(account->type())) continue;
    if (name.empty() || absl::EqualsIgnoreCase(account->name(), name)) accounts.push_back(account);
  }
  return accounts;
}

}  // namespace

net::Task<absl::StatusOr<admin::v1::Account>> StoreSending(FeatureContext context, std::string user,
                                                           AccountDirectory::Account account,
                                                           Sending sending) {
  admin::v1::SetSendingRequest request;
  request.set_account_id(account->id());
  request.set_owner(user);
  *request.mutable_sending() = std::move(sending);
  auto answer = co_await rpc::Call(
      context.admin.async(), &admin::v1::AdminService::StubInterface::async_interface::SetSending,
      std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  // Ahead of the news from admin.
  admin::v1::Account changed = *account;
  changed.clear_sending();
  if (answer->account().has_sending()) *changed.mutable_sending() = answer->account().sending();
  changed.set_settings_revision(answer->account().settings_revision());
  context.directory.Apply(changed);
  co_return changed;
}

std::optional<SendingChange> ReadSendingChange(absl::string_view text) {
  SendingChange change;
  std::string word = TakeWord(text);
  if (!IsSetting(word)) {
    change.account = std::move(word);
    word = TakeWord(text);
    if (!IsSetting(word)) return std::nullopt;
  }
  change.setting = std::move(word);
  change.value = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  return change;
}

absl::Status ApplyChange(const SendingChange& change, Sending& sending) {
  const std::string& setting = change.setting;
  const std::string value = absl::EqualsIgnoreCase(change.value, kNone) ? "" : change.value;
  if (setting == "signature") {
    sending.set_signature(value);
    return absl::OkStatus();
  }
  if (absl::StrContains(value, '\n')) return Wrong(texts::MustBeOneLine());
  if (setting == "identity") SetIdentity(value, sending);
  if (setting == "zone") sending.set_time_zone(value);
  if (setting == "folder") sending.set_sent_folder(value);
  if (setting == "form") {
    const bool html = absl::EqualsIgnoreCase(value, "html");
    if (!html && !absl::EqualsIgnoreCase(value, "plain")) return Wrong(texts::MustBeForm());
    sending.set_form(html ? admin::v1::BODY_FORM_HTML : admin::v1::BODY_FORM_PLAIN);
  }
  if (setting == "undo") {
    uint32_t seconds = 0;
    if (!value.empty() && !absl::SimpleAtoi(value, &seconds)) return Wrong(texts::MustBeSeconds());
    sending.set_undo_seconds(seconds);
  }
  return absl::OkStatus();
}

net::Task<std::string> ChangeSending(FeatureContext context, std::string user, SendingChange change,
                                     const Words& words) {
  if (change.value.empty()) co_return texts::HowToSetByChat(words);
  const std::vector<AccountDirectory::Account> accounts = Meant(context, user, change.account);
  if (accounts.empty()) {
    co_return change.account.empty() ? texts::NothingThatSends(words)
                                     : texts::NoSuchSmtpAccount(words, change.account);
  }
  if (accounts.size() > 1) {
    const auto name = [](std::string* out, const AccountDirectory::Account& account) {
      out->append(account->name());
    };
    co_return texts::WhichAccountSends(words, absl::StrJoin(accounts, ", ", name),
                                       accounts.front()->name());
  }
  Sending sending = accounts.front()->sending();
  absl::Status why = ApplyChange(change, sending);
  if (why.ok()) {
    auto stored = co_await StoreSending(context, user, accounts.front(), std::move(sending));
    if (stored.ok()) {
      co_return absl::StrCat(texts::WatchingStored(words), " ",
                             SendingText(*stored, absl::Now(), words));
    }
    why = stored.status();
  }
  if (!words::WordingOf(why)) co_return texts::CommandNotNow(words);
  co_return texts::NotSet(words, change.setting, words.Say(*words::WordingOf(why)));
}

}  // namespace postern::xmpp_edge
