#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_mask.h"
#include "lib/net/byte_stream.h"
#include "lib/net/patience.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "lib/sasl/exchange.h"
#include "services/fetcher/imap/capabilities.h"
#include "services/fetcher/imap/changes.h"
#include "services/fetcher/imap/command.h"
#include "services/fetcher/imap/fetch_data.h"
#include "services/fetcher/imap/list_data.h"
#include "services/fetcher/imap/mailbox_data.h"
#include "services/fetcher/imap/quirks.h"
#include "services/fetcher/imap/response.h"
#include "services/fetcher/imap/search.h"
#include "services/fetcher/imap/uid_set.h"
#include "services/fetcher/password_rule.h"

namespace postern::fetcher::imap {

using fetcher::PasswordRule;

// Of mails, in the answer to one command that says no other limit.
inline constexpr size_t kMaxFetchedBytes = 64 * 1024 * 1024;

// One IMAP dialogue, IMAP4rev1 (RFC 3501) or IMAP4rev2 (RFC 9051). Reading is by EXAMINE and
// PEEK, so that nothing is ever marked as seen; what changes a mailbox stands by itself, from
// Select on. The stream outlives it. One command at a time; every answer is waited for within
// a limit.
//
// kUnauthenticated: login or password are wrong. kFailedPrecondition: a command was
// refused. kUnavailable: the server hung up, said BYE or "not now".
// kDataLoss: it makes no sense; drop it.
class Session {
 public:
  explicit Session(net::ByteStream& stream) : stream_(stream) {}

  // Reads the greeting. A PREAUTH in the clear is refused when TLS is to come:
  // it is how a man in the middle avoids STARTTLS (RFC 9051 section 11.4).
  net::Task<absl::Status> Greet(bool tls_to_come);
  net::Task<absl::Status> StartTls(const std::string& host);
  // By the strongest mechanism that both sides know; the LOGIN command is the last resort.
  // The next one is tried only when the one before can't have been refused because of a wrong
  // password. Then ID and ENABLE, where offered.
  net::Task<absl::Status> Login(const sasl::Credentials& credentials, PasswordRule rule);
  // Mechanisms that are offered, but not for this login: they were refused, and then another
  // one was not. Whoever logs in again passes them over, for a server counts each refusal.
  void Avoid(sasl::Mechanisms unfit) { unfit_ = unfit; }
  sasl::Mechanisms unfit() const { return unfit_; }

  const Capabilities& offered() const { return capabilities_; }
  const Enabled& enabled() const { return enabled_; }
  const Quirks& quirks() const { return *quirks_; }
  // For commands with texts in them.
  WireForm wire_form() const;
  // All mailboxes that match, as they come; nothing stands for one that makes no sense.
  // `pattern` may hold "*" and "%" (RFC 3501 section 6.3.8).
  using ListSink = std::function<void(std::optional<ListedMailbox>)>;
  net::Task<absl::Status> List(const std::string& pattern, ListSink sink);
  // Opens a mailbox, named in UTF-8, for reading only.
  net::Task<absl::StatusOr<Mailbox>> Examine(const std::string& mailbox);

  // The same with what each is for, where the server tells (RFC 6154).
  net::Task<absl::Status> ListWithUses(const std::string& pattern, ListSink sink);
  // How many mails each holds, in one command (RFC 5819); not all servers can.
  using CountsSink = std::function<void(MailboxCounts)>;
  bool ListsCounts() const;
  net::Task<absl::Status> ListCounts(const std::string& pattern, CountsSink sink);
  // Where folders of other users, and those for all, begin; at most a few.
  net::Task<absl::StatusOr<std::vector<std::string>>> ForeignNamespaces();
  net::Task<absl::StatusOr<std::vector<QuotaResource>>> AskQuota(const std::string& mailbox);

  // The mails of the mailbox that fit. kInvalidArgument: AddCriteria.
  net::Task<absl::StatusOr<UidSet>> Search(const SearchCriteria& criteria);
  // The same, the last that came first; for mailboxes that are not too large. `or_uid`
  // as in AddCriteria.
  bool CanSort() const;
  net::Task<absl::StatusOr<std::vector<uint32_t>>> SortByArrival(const SearchCriteria& criteria,
                                                                 uint32_t or_uid);

  // What changes a mailbox: opens it for that; and within it, by UID. What another client
  // has removed meanwhile is passed over. Nothing else is ever expunged: kFailedPrecondition
  // where a server can't do that.
  net::Task<absl::StatusOr<SelectedMailbox>> Select(const std::string& mailbox);
  net::Task<absl::Status> Store(const std::vector<uint32_t>& uids, FlagChange change,
                                const std::vector<std::string>& flags);
  net::Task<absl::Status> Move(const std::vector<uint32_t>& uids, const std::string& mailbox);
  net::Task<absl::Status> Copy(const std::vector<uint32_t>& uids, const std::string& mailbox);
  net::Task<absl::Status> Expunge(const std::vector<uint32_t>& uids);
  // Makes a mailbox, named in UTF-8 with the server's separators, and subscribes to it. OK when
  // it is there already.
  net::Task<absl::Status> Create(const std::string& mailbox);
  // Files a mail. Where its pieces break off the connection is of no use any more, and
  // nothing is filed.
  net::Task<absl::StatusOr<std::optional<AppendedUid>>> Append(const std::string& mailbox,
                                                               const NewMail& mail,
                                                               MailPieces pieces);

  // Hands each message's data to `sink` as it comes; others than those asked for
  // may be among them.
  using Sink = std::function<void(FetchData)>;
  net::Task<absl::Status> Fetch(const std::string& uids, const std::string& items, Sink sink);
  // The same, of messages by their numbers in the mailbox.
  net::Task<absl::Status> FetchByNumber(uint32_t first, uint32_t last, const std::string& items,
                                        Sink sink);
  // The items of one message; nothing when it is no longer there.
  net::Task<absl::StatusOr<std::optional<FetchData>>> FetchOne(uint32_t uid,
                                                               const std::string& items);
  // Those of many messages, in any order. OK: some may not have come, though they are there.
  // kDataLoss: more than `most_bytes` of mails came.
  net::Task<absl::Status> FetchMany(const std::vector<uint32_t>& uids, const std::string& items,
                                    size_t most_bytes, Sink sink);
  // The highest UID of the mailbox, 0 when it is empty: for servers without UIDNEXT.
  net::Task<absl::StatusOr<uint32_t>> HighestUid();
  net::Task<absl::Status> Noop();

  // IDLE (RFC 2177). Nobody waits while it lasts: Hear takes in what has come.
  bool CanIdle() const { return capabilities_.Has(Capability::kIdle) && !quirks_->no_idle; }
  net::Task<absl::Status> BeginIdle();
  // Ends it, if it was begun. DONE goes out in one write with the next command, of which
  // there has to be one.
  void EndIdle() { done_due_ = !idle_tag_.empty(); }
  // Takes in what the server said unasked, between commands or in IDLE; never waits. True
  // when a dialogue is to go on: there is news, or half an answer has come.
  absl::StatusOr<bool> Hear();

  // Mailboxes beside the open one, named in UTF-8. What STATUS says of one; nothing when it is
  // refused.
  net::Task<absl::StatusOr<std::optional<MailboxCounts>>> AskCounts(const std::string& mailbox);
  // Has the server tell of new mail in these, and in the open one as before (RFC 5465).
  // kFailedPrecondition: it can't, or doesn't want to.
  net::Task<absl::Status> NotifyOf(const std::vector<std::string>& mailboxes);
  // Is told of what the server says of other mailboxes, asked or not.
  void OnCounts(CountsSink sink) { counts_sink_ = std::move(sink); }
  // Whether the server means the mailbox of this name, in UTF-8.
  bool Means(const std::string& wire_name, const std::string& mailbox) const;

  // What is known of the mailbox by now.
  const Mailbox& mailbox() const { return mailbox_; }
  // True when the mailbox grew since ForgetNews().
  bool HasNews() const { return has_news_; }
  void ForgetNews() { has_news_ = false; }

  // The server's words when it last refused something or hung up; not cleaned.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  net::Task<absl::StatusOr<Response>> ReadGreeting();
  net::Task<absl::StatusOr<Response>> ReadResponse();  // while patience_ is in force
  net::Task<absl::StatusOr<std::string>> ReadLine();
  net::Task<absl::Status> Send(const std::string& bytes);  // keeps no copy
  net::Task<absl::StatusOr<Response>> ReadTagged(const std::string& tag);
  net::Task<absl::StatusOr<Response>> ReadUntil(const std::string& tag);
  net::Task<absl::StatusOr<Response>> Execute(const Command& command);
  net::Task<absl::Status> Perform(const std::string& words);
  net::Task<absl::Status> FinishIdle();  // DONE is sent
  net::Task<absl::StatusOr<Response>> AskFetch(const std::string& uids, const std::string& items,
                                               Sink sink, size_t most_bytes = kMaxFetchedBytes);
  net::Task<absl::StatusOr<Response>> ExecuteFetch(const std::string& words, Sink sink,
                                                   size_t most_bytes = kMaxFetchedBytes);
  bool ListsSpecialUse() const;
  bool CanExpungeSingly() const;
  net::Task<absl::Status> List(const std::string& pattern, const std::string& extras,
                               ListSink sink);
  absl::StatusOr<std::vector<std::string>> Spellings(const std::string& mailbox) const;
  net::Task<absl::StatusOr<Response>> AskOpen(const std::string& verb,
                                              const std::string& wire_name);
  net::Task<absl::StatusOr<Mailbox>> Open(const std::string& verb, const std::string& mailbox);
  net::Task<absl::Status> SearchWindow(const SearchCriteria& criteria, uint32_t first,
                                       uint32_t last, UidSet& found);
  net::Task<absl::Status> Transfer(const std::string& verb, const std::vector<uint32_t>& uids,
                                   const std::string& mailbox);
  net::Task<absl::StatusOr<Response>> BeginAppend(const std::string& tag,
                                                  const std::string& wire_name,
                                                  const NewMail& mail);
  net::Task<absl::Status> SendContent(uint64_t size, MailPieces& pieces);
  absl::Status CheckAppendLimit(uint64_t size) const;
  absl::Status SearchRefusal(const Response& answer);
  absl::Status TargetRefusal(absl::string_view verb, const std::string& mailbox,
                             const Response& answer);
  net::Task<absl::Status> AskCapabilities();
  net::Task<absl::Status> SignIn(const sasl::Credentials& credentials);
  net::Task<absl::StatusOr<Response>> Authenticate(sasl::Mechanism mechanism,
                                                   sasl::Exchange& exchange);
  net::Task<absl::StatusOr<Response>> LoginCommand(const sasl::Credentials& credentials);
  bool CanLoginByCommand(sasl::Credentials::Kind kind) const;
  absl::Status NoWayToLogIn(sasl::Credentials::Kind kind) const;
  absl::Status LoginRefusal(const Response& answer, sasl::Credentials::Kind kind);
  net::Task<absl::Status> AfterLogin(const Response& answer, const std::string& host);
  net::Task<absl::Status> Introduce(const std::string& host);
  net::Task<absl::Status> Enable();

  void NoteRefusal(const Response& answer);
  absl::Status Absorb(Response response);
  void AbsorbStatus(const Response& response);
  void AbsorbVanished(absl::string_view text);
  void LearnCapabilities(absl::string_view words);
  void LearnEnabled(absl::string_view words);
  absl::Status Refusal(absl::string_view command, const Response& answer);

  net::ByteStream& stream_;
  net::Patience patience_;
  ResponseAssembler assembler_;
  Capabilities capabilities_;
  Enabled enabled_;
  const Quirks* quirks_ = &QuirksOf("", {}, "");
  std::string server_name_;  // what it answered to ID, until it was made use of
  Mailbox mailbox_;
  std::function<absl::Status(Response)> item_sink_;  // what a FETCH or LIST asked for
  std::function<void(const Response&)> data_sink_;   // all that comes before an answer
  CountsSink counts_sink_;
  std::string last_refusal_;
  sasl::Mechanisms unfit_;
  crypto::PasswordMask mask_;  // while the password is on its way
  std::string idle_tag_;       // while IDLE lasts
  bool done_due_ = false;
  uint32_t next_tag_ = 1;
  bool knows_capabilities_ = false;
  bool preauthenticated_ = false;
  bool has_news_ = false;
};

}  // namespace postern::fetcher::imap
