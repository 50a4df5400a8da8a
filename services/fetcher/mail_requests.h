#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postern/fetcher/v1/fetcher.pb.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mailbox_visit.h"

// Requests about mails, checked and taken apart. Errors are kInvalidArgument, and name what was
// wrong.
namespace postern::fetcher {

constexpr uint64_t kMaxAppended = 50 * 1024 * 1024;

absl::StatusOr<MailQuery> QueryOf(const v1::ListMailsRequest& request);
absl::StatusOr<MailQuery> QueryOf(const v1::SearchMailsRequest& request);
absl::StatusOr<MailQuery> QueryOf(const v1::ApplyRulesRequest& request);
// The first message of a stream; its data is not looked at.
absl::StatusOr<Filing> FilingOf(const v1::AppendMailRequest& request);

// At least one id, at most 100, each that of a mail.
absl::StatusOr<std::vector<std::string>> IdsOf(
    const google::protobuf::RepeatedPtrField<std::string>& ids);
// Flags that a client may set: "\Seen", "\Flagged", "\Answered", "\Draft", or a keyword, which is
// an atom (RFC 3501). "\Deleted" is none: another client's EXPUNGE would act on it.
absl::StatusOr<std::vector<std::string>> FlagsOf(
    const google::protobuf::RepeatedPtrField<std::string>& flags, absl::string_view field);
// A folder's name in UTF-8, or "\Trash" and the like.
absl::Status CheckTarget(const std::string& mailbox, absl::string_view field);

void ToProto(Folder folder, v1::Folder& proto);
void ToProto(MailSummary mail, v1::MailSummary& proto);

}  // namespace postern::fetcher
