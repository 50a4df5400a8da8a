// Whatever an IMAP server says: each command ends, and nothing is answered beyond the limits.
#include <cstdlib>

#include "lib/mail/utf8.h"
#include "services/fetcher/imap/body_structure.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_outline.h"
#include "tests/fuzz/byte_feed.h"

namespace {

namespace net = postern::net;
namespace imap = postern::fetcher::imap;

void Require(bool condition) {
  if (!condition) std::abort();
}

void Take(imap::FetchData data) {
  size_t bytes = 0;
  for (const auto& section : data.sections) bytes += section.bytes.size();
  Require(bytes <= imap::kMaxResponseBytes);
  if (!data.structure) return;
  const auto root = imap::ParseBodyStructure(*data.structure);
  if (!root.ok()) return;
  const std::string header = bytes > 0 ? data.sections[0].bytes : "";
  const auto mail = postern::fetcher::ReadOutline(header, *root, {});
  Require(postern::mail::IsUtf8(mail.text) && !postern::mail::HasControls(mail.subject));
}

// Errors that the next command may outlive.
bool GoesOn(const absl::Status& status) {
  return status.ok() || absl::IsFailedPrecondition(status);
}

net::Task<void> Converse(imap::Session& session) {
  if (!(co_await session.Greet(false)).ok()) co_return;
  const postern::sasl::Credentials credentials{postern::sasl::Credentials::Kind::kPassword, "ann",
                                               postern::crypto::Secret("secret"),
                                               "imap.example.org", 993};
  const auto rule = postern::fetcher::PasswordRule::kAnyConnection;
  if (!GoesOn(co_await session.Login(credentials, rule))) co_return;
  const std::string inbox = "INBOX";
  const auto opened = co_await session.Examine(inbox);
  if (!GoesOn(opened.status())) co_return;
  const std::string all = "1:*";
  const std::string items = "UID RFC822.SIZE INTERNALDATE BODYSTRUCTURE BODY.PEEK[]";
  if (!GoesOn(co_await session.Fetch(all, items, Take))) co_return;
  const std::string pattern = "*";
  imap::Session::ListSink listed = [](std::optional<imap::ListedMailbox>) {};
  if (!GoesOn(co_await session.ListWithUses(pattern, std::move(listed)))) co_return;
  imap::SearchCriteria criteria;
  criteria.text = "x";
  const auto found = co_await session.Search(criteria);
  if (!GoesOn(found.status())) co_return;
  if (found.ok()) Require(found->Below(UINT32_MAX, 100).size() <= 100);
  const auto quota = co_await session.AskQuota(inbox);
  if (!GoesOn(quota.status())) co_return;
  if (!GoesOn(co_await session.BeginIdle())) co_return;
  session.EndIdle();
  co_await session.Noop();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  postern::fuzz::ByteFeed feed(absl::string_view(reinterpret_cast<const char*>(data), size));
  imap::Session session(feed);
  postern::fuzz::Run(Converse(session));
  return 0;
}
