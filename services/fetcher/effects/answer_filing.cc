#include "services/fetcher/effects/answer_filing.h"

#include <optional>
#include <utility>

#include "services/fetcher/effects/filing.h"

namespace postern::fetcher {

namespace {

using Piece = absl::StatusOr<std::optional<std::string>>;

net::Task<Piece> TakeAll(std::string& mail) {
  if (mail.empty()) co_return std::nullopt;
  co_return std::exchange(mail, std::string());
}

}  // namespace

net::Task<absl::Status> FileAnswer(MailboxVisit& visit, std::string mailbox, std::string message_id,
                                   std::string mail) {
  MailQuery query;
  query.mailbox = mailbox;
  query.criteria.text = std::move(message_id);
  query.limit = 1;
  auto found = co_await visit.SearchMails(query);
  if (absl::IsFailedPrecondition(found.status())) {
    auto known = co_await KnownAs(visit, mailbox);
    if (!known.ok()) co_return known.status();
    if (known->empty()) co_return found.status();
    query.mailbox = *known;
    mailbox = *std::move(known);
    found = co_await visit.SearchMails(std::move(query));
  }
  if (!found.ok()) co_return found.status();
  if (!found->mails.empty()) co_return absl::OkStatus();
  Filing filing;
  filing.mailbox = std::move(mailbox);
  filing.mail.flags = {"\\Seen"};
  filing.mail.size = mail.size();
  filing.pieces = [&mail] { return TakeAll(mail); };
  const auto filed = co_await visit.AppendMail(std::move(filing));
  co_return filed.status();
}

}  // namespace postern::fetcher
