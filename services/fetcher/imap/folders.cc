// The part of Session that deals with mailboxes as such: which there are, and opening one.

#include <utility>

#include "services/fetcher/imap/mailbox_name.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

net::Task<absl::Status> Session::List(const std::string& pattern, ListSink sink) {
  Command command("LIST");
  if (absl::Status s = command.AddString("", "reference"); !s.ok()) co_return s;
  if (absl::Status s = command.AddString(pattern, "pattern"); !s.ok()) co_return s;
  list_sink_ = std::move(sink);
  auto answer = co_await Execute(command);
  list_sink_ = nullptr;
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("LIST", *answer);
}

net::Task<absl::StatusOr<Response>> Session::AskExamine(const std::string& wire_name) {
  Command command("EXAMINE");
  if (absl::Status s = command.AddString(wire_name, "mailbox name"); !s.ok()) co_return s;
  mailbox_ = Mailbox();
  co_return co_await Execute(command);
}

net::Task<absl::StatusOr<Mailbox>> Session::Examine(const std::string& mailbox) {
  auto encoded = EncodeMailboxName(mailbox);
  if (!encoded.ok()) co_return encoded.status();
  auto answer = co_await AskExamine(*encoded);
  // There are servers that know their mailboxes by UTF-8, or by a lone "&"; see
  // ReadableMailboxName.
  if (answer.ok() && answer->name == "NO" && *encoded != mailbox) {
    auto second = co_await AskExamine(mailbox);
    if (!second.ok()) co_return second.status();
    if (second->name == "OK") answer = std::move(second);
  }
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refusal("EXAMINE", *answer); !s.ok()) co_return s;
  if (mailbox_.uid_validity == 0) {
    co_return absl::DataLossError("imap: the server gives the mailbox no UIDVALIDITY");
  }
  has_news_ = false;
  co_return mailbox_;
}

}  // namespace postern::fetcher::imap
