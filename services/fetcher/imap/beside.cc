// The part of Session that hears of mailboxes beside the open one.

#include <utility>

#include "absl/strings/match.h"
#include "services/fetcher/imap/mailbox_name.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

net::Task<absl::StatusOr<std::optional<MailboxCounts>>> Session::AskCounts(
    const std::string& mailbox) {
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  std::optional<MailboxCounts> counts;
  for (const std::string& spelling : *spellings) {
    Command command("STATUS", wire_form());
    if (absl::Status s = command.AddString(spelling, "mailbox name"); !s.ok()) co_return s;
    command.AddWords("(MESSAGES UIDNEXT UIDVALIDITY)");
    // Others may be told of meanwhile, unasked.
    data_sink_ = [this, &counts, &mailbox](const Response& response) {
      if (response.name != "STATUS") return;
      std::optional<MailboxCounts> told = ParseStatus(response);
      if (told && Means(told->name, mailbox)) counts = std::move(told);
    };
    auto answer = co_await Execute(command);
    data_sink_ = nullptr;
    if (!answer.ok()) co_return answer.status();
    if (answer->name == "OK") co_return counts;
    absl::Status refused = Refusal("STATUS", *answer);
    if (absl::IsUnavailable(refused)) co_return refused;
  }
  co_return std::nullopt;
}

// MessageNew wants MessageExpunge beside it (RFC 5465 section 5).
net::Task<absl::Status> Session::NotifyOf(const std::vector<std::string>& mailboxes) {
  if (!capabilities_.Has(Capability::kNotify)) {
    co_return absl::FailedPreconditionError("imap: no NOTIFY here");
  }
  Command command("NOTIFY SET (SELECTED (MessageNew MessageExpunge))", wire_form());
  for (const std::string& mailbox : mailboxes) {
    auto spellings = Spellings(mailbox);
    if (!spellings.ok()) co_return spellings.status();
    command.AddWords("(MAILBOXES");
    if (absl::Status s = command.AddString(spellings->front(), "mailbox name"); !s.ok()) {
      co_return s;
    }
    command.AddWords("(MessageNew MessageExpunge))");
  }
  auto answer = co_await Execute(command);
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("NOTIFY", *answer);
}

bool Session::Means(const std::string& wire_name, const std::string& mailbox) const {
  if (absl::EqualsIgnoreCase(mailbox, "INBOX")) return absl::EqualsIgnoreCase(wire_name, "INBOX");
  const std::optional<std::string> readable =
      enabled_.utf8 ? ReadableUtf8Name(wire_name) : ReadableMailboxName(wire_name);
  return wire_name == mailbox || (readable && *readable == mailbox);
}

}  // namespace postern::fetcher::imap
