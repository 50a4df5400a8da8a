#include "services/fetcher/mail_requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/imap/mailbox_name.h"
#include "services/fetcher/rule_run.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxIds = 100;
constexpr size_t kMaxFlags = 50;
constexpr size_t kMaxFlag = 100;
constexpr size_t kMaxName = 1000;
constexpr uint32_t kDefaultListed = 10, kMaxListed = 100, kDefaultJudged = 100;
constexpr int64_t kLastSecond = 253402300799;  // of the year 9999

absl::Status Wrong(absl::string_view field, absl::string_view how) {
  return absl::InvalidArgumentError(absl::StrCat(field, " ", how));
}

absl::Status CheckMailbox(const std::string& mailbox, absl::string_view field) {
  if (mailbox.empty()) return absl::OkStatus();
  if (mailbox.size() > kMaxName) return Wrong(field, "is too long");
  const auto encoded = imap::EncodeMailboxName(mailbox);
  if (encoded.ok()) return absl::OkStatus();
  return Wrong(field, absl::StrCat("is no name of a folder: ", encoded.status().message()));
}

// RFC 3501 "atom".
bool IsKeyword(absl::string_view flag) {
  return std::all_of(flag.begin(), flag.end(), [](char c) {
    return absl::ascii_isgraph(c) && !absl::StrContains("(){%*\"\\]", c);
  });
}

// As servers write it; empty: it is none to be set.
std::string SystemFlag(absl::string_view flag) {
  for (const char* known : {"\\Seen", "\\Flagged", "\\Answered", "\\Draft"}) {
    if (absl::EqualsIgnoreCase(flag, known)) return known;
  }
  return "";
}

template <class Request>
absl::StatusOr<MailQuery> PlaceOf(const Request& request, uint32_t by_default, uint32_t most) {
  if (absl::Status s = CheckMailbox(request.mailbox(), "mailbox"); !s.ok()) return s;
  MailQuery query;
  query.mailbox = request.mailbox();
  query.before_id = request.before_id();
  query.limit = request.limit() == 0 ? by_default : std::min(request.limit(), most);
  return query;
}

}  // namespace

absl::StatusOr<MailQuery> QueryOf(const v1::ListMailsRequest& request) {
  return PlaceOf(request, kDefaultListed, kMaxListed);
}

absl::StatusOr<MailQuery> QueryOf(const v1::ApplyRulesRequest& request) {
  return PlaceOf(request, kDefaultJudged, RuleRun::kMaxMails);
}

absl::StatusOr<MailQuery> QueryOf(const v1::SearchMailsRequest& request) {
  auto query = PlaceOf(request, kDefaultListed, kMaxListed);
  if (!query.ok()) return query;
  imap::SearchCriteria& criteria = query->criteria;
  criteria.text = request.text();
  criteria.from = request.from();
  criteria.to = request.to();
  criteria.subject = request.subject();
  criteria.since_unix = request.since_unix();
  criteria.before_unix = request.before_unix();
  criteria.unseen = request.unseen();
  criteria.flagged = request.flagged();
  // Told before anybody logs in.
  imap::Command command("SEARCH");
  if (absl::Status s = imap::AddCriteria(criteria, command); !s.ok()) return s;
  return query;
}

absl::StatusOr<Filing> FilingOf(const v1::AppendMailRequest& request) {
  if (absl::Status s = CheckTarget(request.mailbox(), "mailbox"); !s.ok()) return s;
  auto flags = FlagsOf(request.flags(), "flags");
  if (!flags.ok()) return flags.status();
  if (request.size() == 0) return Wrong("size", "is missing");
  if (request.size() > kMaxAppended) {
    return Wrong("size", absl::StrCat("is more than ", kMaxAppended, " bytes"));
  }
  if (request.received_unix() < 0 || request.received_unix() > kLastSecond) {
    return Wrong("received_unix", "is no time of these days");
  }
  Filing filing;
  filing.mailbox = request.mailbox();
  filing.mail.flags = *std::move(flags);
  filing.mail.received_unix = request.received_unix();
  filing.mail.size = request.size();
  return filing;
}

absl::StatusOr<std::vector<std::string>> IdsOf(
    const google::protobuf::RepeatedPtrField<std::string>& ids) {
  if (ids.empty()) return Wrong("ids", "is empty");
  if (static_cast<size_t>(ids.size()) > kMaxIds) {
    return Wrong("ids", absl::StrCat("holds more than ", kMaxIds));
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

absl::StatusOr<std::vector<std::string>> FlagsOf(
    const google::protobuf::RepeatedPtrField<std::string>& flags, absl::string_view field) {
  std::vector<std::string> checked;
  if (static_cast<size_t>(flags.size()) > kMaxFlags) {
    return Wrong(field, absl::StrCat("holds more than ", kMaxFlags));
  }
  for (const std::string& flag : flags) {
    const bool fits = !flag.empty() && flag.size() <= kMaxFlag;
    std::string system = SystemFlag(flag);
    if (!system.empty()) {
      checked.push_back(std::move(system));
    } else if (fits && IsKeyword(flag)) {
      checked.push_back(flag);
    } else {
      return Wrong(field,
                   "holds one that is neither \\Seen, \\Flagged, \\Answered or \\Draft, nor "
                   "a keyword of plain letters");
    }
  }
  return checked;
}

absl::Status CheckTarget(const std::string& mailbox, absl::string_view field) {
  if (mailbox.empty()) return Wrong(field, "is empty");
  if (mailbox[0] == '\\' && imap::SpecialUseOf(mailbox).empty()) {
    return Wrong(field, "names no special use that is known");
  }
  return CheckMailbox(mailbox, field);
}

void ToProto(Folder folder, v1::Folder& proto) {
  proto.set_name(std::move(folder.name));
  proto.set_mailbox(std::move(folder.mailbox));
  proto.set_selectable(folder.selectable);
  proto.set_has_children(folder.has_children);
  proto.set_special_use(std::move(folder.special_use));
  if (folder.messages) proto.set_messages(*folder.messages);
  if (folder.unseen) proto.set_unseen(*folder.unseen);
}

void ToProto(MailSummary mail, v1::MailSummary& proto) {
  proto.set_id(std::move(mail.id));
  if (mail.from) *proto.mutable_from() = rpc::ToProto(*mail.from);
  proto.set_subject(std::move(mail.subject));
  proto.set_received_unix(mail.received_unix);
  proto.set_size(mail.size);
  for (std::string& flag : mail.flags) proto.add_flags(std::move(flag));
}

}  // namespace postern::fetcher
