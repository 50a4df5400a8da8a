// The part of Session that deals with mailboxes as such: which there are, and opening one.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/mailbox_name.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

constexpr size_t kMaxNamespaces = 10;
constexpr size_t kMaxQuotaResources = 20;
constexpr size_t kMaxQuotaName = 100;

}  // namespace

// --- which there are --------------------------------------------------------------

net::Task<absl::Status> Session::List(const std::string& pattern, ListSink sink) {
  const std::string no_extras;
  co_return co_await List(pattern, no_extras, std::move(sink));
}

net::Task<absl::Status> Session::List(const std::string& pattern, const std::string& extras,
                                      ListSink sink) {
  Command command("LIST", wire_form());
  if (absl::Status s = command.AddString("", "reference"); !s.ok()) co_return s;
  if (absl::Status s = command.AddString(pattern, "pattern"); !s.ok()) co_return s;
  if (!extras.empty()) command.AddWords(absl::StrCat("RETURN (", extras, ")"));
  item_sink_ = [this, sink = std::move(sink)](const Response& response) {
    if (response.name != "LIST") return absl::OkStatus();
    std::optional<ListedMailbox> mailbox = ParseList(response);
    if (mailbox) mailbox->utf8 = enabled_.utf8;
    sink(std::move(mailbox));
    return absl::OkStatus();
  };
  auto answer = co_await Execute(command);
  item_sink_ = nullptr;
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("LIST", *answer);
}

// RFC 6154 section 3: unasked, where LIST has no options.
bool Session::ListsSpecialUse() const {
  return capabilities_.Has(Capability::kListExtended) && capabilities_.Has(Capability::kSpecialUse);
}

net::Task<absl::Status> Session::ListWithUses(const std::string& pattern, ListSink sink) {
  const std::string extras = ListsSpecialUse() ? "SPECIAL-USE" : "";
  co_return co_await List(pattern, extras, std::move(sink));
}

bool Session::ListsCounts() const {
  return capabilities_.Has(Capability::kListExtended) && capabilities_.Has(Capability::kListStatus);
}

// RFC 5819.
net::Task<absl::Status> Session::ListCounts(const std::string& pattern, CountsSink sink) {
  data_sink_ = [sink = std::move(sink)](const Response& response) {
    if (response.name != "STATUS") return;
    if (std::optional<MailboxCounts> counts = ParseStatus(response)) sink(*std::move(counts));
  };
  const std::string extras = "STATUS (MESSAGES UNSEEN)";
  ListSink ignore = [](std::optional<ListedMailbox>) {};
  absl::Status listed = co_await List(pattern, extras, std::move(ignore));
  data_sink_ = nullptr;
  co_return listed;
}

// RFC 2342.
net::Task<absl::StatusOr<std::vector<std::string>>> Session::ForeignNamespaces() {
  std::vector<std::string> prefixes;
  if (!capabilities_.Has(Capability::kNamespace)) co_return prefixes;
  data_sink_ = [&prefixes](const Response& response) {
    if (response.name == "NAMESPACE") prefixes = ParseForeignNamespaces(response);
  };
  const std::string words = "NAMESPACE";
  absl::Status asked = co_await Perform(words);
  data_sink_ = nullptr;
  if (absl::IsFailedPrecondition(asked)) co_return std::vector<std::string>();
  if (!asked.ok()) co_return asked;
  if (prefixes.size() > kMaxNamespaces) prefixes.resize(kMaxNamespaces);
  co_return prefixes;
}

// --- opening one ------------------------------------------------------------------

// How a server may know a mailbox: by RFC 3501's modified UTF-7, or by UTF-8, or, from a
// careless client, by a lone "&"; see ReadableMailboxName. The likeliest first.
absl::StatusOr<std::vector<std::string>> Session::Spellings(const std::string& mailbox) const {
  auto encoded = EncodeMailboxName(mailbox);
  if (!encoded.ok()) return encoded.status();
  std::vector<std::string> spellings = {*std::move(encoded)};
  if (spellings[0] != mailbox) spellings.insert(spellings.end() - (enabled_.utf8 ? 1 : 0), mailbox);
  return spellings;
}

net::Task<absl::StatusOr<Response>> Session::AskOpen(const std::string& verb,
                                                     const std::string& wire_name) {
  Command command(verb, wire_form());
  if (absl::Status s = command.AddString(wire_name, "mailbox name"); !s.ok()) co_return s;
  mailbox_ = Mailbox();
  co_return co_await Execute(command);
}

net::Task<absl::StatusOr<Mailbox>> Session::Open(const std::string& verb,
                                                 const std::string& mailbox) {
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  absl::StatusOr<Response> answer = absl::InternalError("imap: a mailbox without a name");
  for (const std::string& spelling : *spellings) {
    auto opened = co_await AskOpen(verb, spelling);
    if (!opened.ok()) co_return opened.status();
    if (!answer.ok() || opened->name == "OK") answer = std::move(opened);
    if (answer->name != "NO") break;
  }
  if (absl::Status s = Refusal(verb, *answer); !s.ok()) co_return s;
  if (mailbox_.uid_validity == 0) {
    co_return absl::DataLossError("imap: the server gives the mailbox no UIDVALIDITY");
  }
  mailbox_.read_only = answer->code == "READ-ONLY";
  has_news_ = false;
  co_return mailbox_;
}

net::Task<absl::StatusOr<Mailbox>> Session::Examine(const std::string& mailbox) {
  const std::string verb = quirks_->needs_select ? "SELECT" : "EXAMINE";
  co_return co_await Open(verb, mailbox);
}

net::Task<absl::StatusOr<SelectedMailbox>> Session::Select(const std::string& mailbox) {
  SelectedMailbox selected;
  data_sink_ = [&selected](const Response& response) {
    if (response.code != "PERMANENTFLAGS") return;
    selected.permanent_flags = ParseFlagList(response.code_text);
  };
  const std::string verb = "SELECT";
  auto opened = co_await Open(verb, mailbox);
  data_sink_ = nullptr;
  if (!opened.ok()) co_return opened.status();
  selected.mailbox = *opened;
  co_return selected;
}

// --- how full it is ---------------------------------------------------------------

// RFC 9208. A server without it tells nothing.
net::Task<absl::StatusOr<std::vector<QuotaResource>>> Session::AskQuota(
    const std::string& mailbox) {
  std::vector<QuotaResource> resources;
  if (!capabilities_.Has(Capability::kQuota)) co_return resources;
  auto spellings = Spellings(mailbox);
  if (!spellings.ok()) co_return spellings.status();
  Command command("GETQUOTAROOT", wire_form());
  if (absl::Status s = command.AddString(spellings->front(), "mailbox name"); !s.ok()) co_return s;
  data_sink_ = [&resources](const Response& response) {
    if (response.name != "QUOTA") return;
    for (QuotaResource& resource : ParseQuota(response)) {
      const bool fits = resource.name.size() <= kMaxQuotaName;
      if (fits && resources.size() < kMaxQuotaResources) resources.push_back(std::move(resource));
    }
  };
  auto answer = co_await Execute(command);
  data_sink_ = nullptr;
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = Refusal("GETQUOTAROOT", *answer); !s.ok()) co_return s;
  co_return resources;
}

}  // namespace postern::fetcher::imap
