#include "services/sender/mx/unbound_dns.h"

#include <unbound.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "lib/process/log.h"
#include "services/sender/mx/dns_records.h"

namespace postern::sender::mx {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

constexpr std::chrono::seconds kQuestionLimit{30};
constexpr char kRootAnchor[] = "/usr/share/dns/root.key";
constexpr int kTypeA = 1, kTypeMx = 15, kTypeTxt = 16, kTypeAaaa = 28, kTypeDnskey = 48,
              kTypeTlsa = 52, kClassIn = 1, kNameError = 3;
constexpr size_t kMostRecords = 100;  // of an answer

// What libunbound is told, beside servers and keys. Its caches are two.
constexpr std::pair<const char*, const char*> kOptions[] = {
    {"msg-cache-size:", "4m"},         {"rrset-cache-size:", "8m"},
    {"cache-max-ttl:", "86400"},       {"cache-max-negative-ttl:", "900"},
    {"do-not-query-localhost:", "no"}, {"use-syslog:", "no"}};

// Without the root's keys nothing is secure, and mail goes all the same.
std::string AnchorOf(const DnsOptions& options) {
  if (!options.trust_anchor_file.empty()) return options.trust_anchor_file;
  return ::access(kRootAnchor, R_OK) == 0 ? kRootAnchor : "";
}

struct FreeContext {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
struct FreeResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using ContextPtr = std::unique_ptr<ub_ctx, FreeContext>;
using ResultPtr = std::unique_ptr<ub_result, FreeResult>;

absl::StatusOr<ContextPtr> NewContext(const DnsOptions& options, const std::string& anchor_file) {
  ContextPtr context(ub_ctx_create());
  if (!context) return absl::ResourceExhaustedError("dns: libunbound can't be set up");
  ub_ctx_debugout(context.get(), nullptr);
  for (const auto& [option, value] : kOptions) {
    if (int bad = ub_ctx_set_option(context.get(), option, value); bad != 0) {
      return absl::InternalError(absl::StrCat("dns: ", option, " ", ub_strerror(bad)));
    }
  }
  for (const std::string& server : options.servers) {
    if (int bad = ub_ctx_set_fwd(context.get(), server.c_str()); bad != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--dns-server: '", server, "' is not an address, such as '192.0.2.53' or '::1@5353'"));
    }
  }
  if (options.servers.empty()) ub_ctx_resolvconf(context.get(), nullptr);  // none: asks the root
  if (!anchor_file.empty()) {
    if (int bad = ub_ctx_add_ta_file(context.get(), anchor_file.c_str()); bad != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--dns-trust-anchor-file: ", anchor_file, ": ", ub_strerror(bad)));
    }
  }
  if (int bad = ub_ctx_async(context.get(), /*dothread=*/1); bad != 0) {
    return absl::InternalError(absl::StrCat("dns: ", ub_strerror(bad)));
  }
  return context;
}

// Whoever waits for an answer; how it ends, libunbound does not call an Asking that is gone.
struct Asking {
  Asking(ub_ctx* c, asio::any_io_executor executor) : context(c), done(executor) {}
  ~Asking() {
    if (asked && !answered) ub_cancel(context, id);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  ub_ctx* const context;
  int id = 0;
  bool asked = false, answered = false;
  int error = 0;
  ResultPtr result;
  net::Event done;
};

void OnAnswer(void* asking, int error, ub_result* result) {
  auto& to = *static_cast<Asking*>(asking);
  to.answered = true;
  to.error = error;
  to.result.reset(result);
  to.done.Notify();
}

// libunbound's descriptor on an io_context. A handler may come later than it goes.
class Unbound : public std::enable_shared_from_this<Unbound> {
 public:
  Unbound(asio::any_io_executor executor, ContextPtr context)
      : executor_(executor), context_(std::move(context)), answers_(executor) {
    boost::system::error_code ignored;  // then questions run into their limit
    answers_.assign(ub_fd(context_.get()), ignored);
  }
  ~Unbound() { answers_.release(); }  // libunbound closes it

  void Listen() {
    answers_.async_wait(stream_descriptor::wait_read,
                        [weak = weak_from_this()](boost::system::error_code error) {
                          const auto self = weak.lock();
                          if (!self || error) return;
                          ub_process(self->context_.get());
                          self->Listen();
                        });
  }

  net::Task<absl::StatusOr<ResultPtr>> Ask(std::string name, int type) {
    auto answer = co_await net::WithDeadline(kQuestionLimit, AskAndWait(name, type));
    if (absl::IsDeadlineExceeded(answer.status())) {
      co_return absl::DeadlineExceededError(absl::StrCat("dns: no answer about ", name));
    }
    co_return answer;
  }

 private:
  net::Task<absl::StatusOr<ResultPtr>> AskAndWait(std::string name, int type) {
    Asking asking(context_.get(), executor_);
    const int bad = ub_resolve_async(context_.get(), name.c_str(), type, kClassIn, &asking,
                                     &OnAnswer, &asking.id);
    if (bad != 0) co_return absl::InvalidArgumentError(absl::StrCat("dns: ", ub_strerror(bad)));
    asking.asked = true;
    while (!asking.answered) co_await asking.done.Wait();
    if (asking.error != 0 || !asking.result) {
      co_return absl::UnavailableError(
          absl::StrCat("dns: ", name, ": ", ub_strerror(asking.error)));
    }
    const ub_result& result = *asking.result;
    if (result.bogus) {
      const char* why = result.why_bogus != nullptr ? result.why_bogus : "bogus";
      co_return absl::DataLossError(absl::StrCat("dns: ", name, ": ", why));
    }
    if (result.rcode != 0 && result.rcode != kNameError) {
      co_return absl::UnavailableError(absl::StrCat("dns: ", name, ": answer ", result.rcode));
    }
    co_return std::move(asking.result);
  }

  asio::any_io_executor executor_;
  ContextPtr context_;
  stream_descriptor answers_;
};

std::shared_ptr<Unbound> Begin(asio::any_io_executor executor, ContextPtr context) {
  auto unbound = std::make_shared<Unbound>(executor, std::move(context));
  unbound->Listen();
  return unbound;
}

template <class Record, class Read>
DnsAnswer<Record> ReadAnswer(const ub_result& result, Read read) {
  DnsAnswer<Record> answer;
  answer.secure = result.secure;
  answer.exists = !result.nxdomain;
  if (result.canonname != nullptr) answer.canonical_name = ReadName(result.canonname).value_or("");
  if (!result.havedata) return answer;
  for (size_t i = 0; result.data[i] != nullptr && i < kMostRecords; ++i) {
    auto record = read(absl::string_view(result.data[i], static_cast<size_t>(result.len[i])));
    if (record) answer.records.push_back(*std::move(record));
  }
  return answer;
}

class UnboundDns final : public Dns {
 public:
  // `plain`, which validates nothing, takes over where servers keep DNSSEC back; without it
  // their answers stay bogus.
  UnboundDns(asio::any_io_executor executor, std::shared_ptr<Unbound> validating,
             std::shared_ptr<Unbound> plain)
      : current_(std::move(validating)), plain_(std::move(plain)) {}

  net::Task<absl::StatusOr<DnsAnswer<MxRecord>>> Mx(std::string domain) override {
    co_return co_await Ask<MxRecord>(std::move(domain), kTypeMx, &ReadMx);
  }
  net::Task<absl::StatusOr<DnsAnswer<net::TlsaRecord>>> Tlsa(std::string name) override {
    co_return co_await Ask<net::TlsaRecord>(std::move(name), kTypeTlsa, &ReadTlsa);
  }
  net::Task<absl::StatusOr<DnsAnswer<std::string>>> Txt(std::string name) override {
    co_return co_await Ask<std::string>(std::move(name), kTypeTxt, &ReadTxt);
  }
  net::Task<absl::StatusOr<DnsAnswer<asio::ip::address>>> Addresses(std::string host) override;

 private:
  template <class Record>
  net::Task<absl::StatusOr<DnsAnswer<Record>>> Ask(
      std::string name, int type, std::optional<Record> (*read)(absl::string_view)) {
    co_await TryDnssec();
    const std::shared_ptr<Unbound> unbound = current_;
    auto result = co_await unbound->Ask(std::move(name), type);
    if (!result.ok()) co_return result.status();
    co_return ReadAnswer<Record>(**result, read);
  }

  // Whether the servers pass on what validating needs: the root's keys tell. Asked once; several
  // may ask it at the same time, which does no harm.
  net::Task<void> TryDnssec() {
    if (!plain_) co_return;
    const std::shared_ptr<Unbound> unbound = current_;
    auto keys = co_await unbound->Ask(".", kTypeDnskey);
    const bool known = keys.ok() || absl::IsDataLoss(keys.status());
    if (!plain_ || !known) co_return;
    if (!keys.ok()) {
      log::Warn("the DNS servers do not pass DNSSEC on; certificates are not checked by DANE",
                {{"error", keys.status().message()}});
      current_ = plain_;
    }
    plain_.reset();
  }

  std::shared_ptr<Unbound> current_, plain_;
};

net::Task<absl::StatusOr<DnsAnswer<asio::ip::address>>> UnboundDns::Addresses(std::string host) {
  auto v6 = co_await Ask<asio::ip::address>(host, kTypeAaaa, &ReadAddress);
  auto v4 = co_await Ask<asio::ip::address>(host, kTypeA, &ReadAddress);
  // One of them is enough to go there: some servers can't be asked for the other. But where
  // DNSSEC is, or should be, somebody may keep it back to take the certificate's check away.
  if (!v6.ok() && (!v4.ok() || v4->secure || absl::IsDataLoss(v6.status()))) co_return v6.status();
  if (!v4.ok() && (v6->secure || absl::IsDataLoss(v4.status()))) co_return v4.status();
  DnsAnswer<asio::ip::address> both;
  both.secure = v6.ok() && v4.ok() && v6->secure && v4->secure;
  both.exists = !v6.ok() || !v4.ok() || v6->exists || v4->exists;
  const bool name_by_v4 = v4.ok() && !v4->canonical_name.empty();
  both.canonical_name = name_by_v4 ? v4->canonical_name : v6.ok() ? v6->canonical_name : "";
  for (size_t i = 0; i < kMostRecords; ++i) {
    if (v6.ok() && i < v6->records.size()) both.records.push_back(v6->records[i]);
    if (v4.ok() && i < v4->records.size()) both.records.push_back(v4->records[i]);
  }
  // What could not be asked may be where the host is.
  if (both.records.empty() && !v6.ok()) co_return v6.status();
  if (both.records.empty() && !v4.ok()) co_return v4.status();
  co_return both;
}

}  // namespace

absl::Status CheckDnsOptions(const DnsOptions& options) {
  const std::string file = AnchorOf(options);
  auto context = NewContext(options, file);
  if (!context.ok()) return context.status();
  // The first question makes libunbound read its files; this one it answers itself.
  ub_result* answer = nullptr;
  const int bad = ub_resolve(context->get(), "localhost.", kTypeA, kClassIn, &answer);
  ub_resolve_free(answer);
  if (bad == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--dns-trust-anchor-file: ", file,
                                                 ": holds no DNS keys, or can't be read (",
                                                 ub_strerror(bad), ")"));
}

absl::StatusOr<std::unique_ptr<Dns>> MakeUnboundDns(asio::any_io_executor executor,
                                                    const DnsOptions& options) {
  auto validating = NewContext(options, AnchorOf(options));
  if (!validating.ok()) return validating.status();
  std::shared_ptr<Unbound> plain;
  if (options.trust_anchor_file.empty()) {
    auto context = NewContext(options, "");
    if (!context.ok()) return context.status();
    plain = Begin(executor, *std::move(context));
  }
  std::shared_ptr<Unbound> first = Begin(executor, *std::move(validating));
  std::unique_ptr<Dns> dns = std::make_unique<UnboundDns>(executor, first, plain);
  return dns;
}

}  // namespace postern::sender::mx
