#include "services/fetcher/effects/judged_mail.h"

#include <algorithm>

#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxWhy = 300, kMaxSubject = 80;

}  // namespace

// What one of our own services refuses for good, and what no repeat can change. A loop of
// redirects is kFailedPrecondition, too.
bool MayYetWork(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
      return false;
    default:
      return true;
  }
}

absl::StatusOr<std::string> BytesOrNone(MaybeBytes read) {
  if (read.ok()) return (*std::move(read)).value_or("");
  if (MayYetWork(read.status())) return read.status();
  return std::string();
}

std::string WhyNot(const absl::Status& status) {
  const auto wording = words::WordingOf(status);
  const std::string why = wording ? words::English(*wording) : std::string(status.message());
  return std::string(mail::CutUtf8(mail::CleanLine(why), kMaxWhy));
}

words::Wording WordingFor(const absl::Status& status) {
  auto wording = words::WordingOf(status);
  if (!wording) return words::Word("it failed ($0)", WhyNot(status));
  for (std::string& argument : wording->arguments) {
    argument = std::string(mail::CutUtf8(mail::CleanLine(argument), kMaxWhy));
  }
  return *std::move(wording);
}

void NoteMishap(absl::string_view key, const absl::Status& why, JudgedMail& mail) {
  for (int i = 0; i < std::min(kMostMishaps, mail.said.actions_size()); ++i) {
    if (mail.said.actions(i).key() != key) continue;
    rules::v1::Mishap& mishap = mail.mishaps.emplace_back();
    mishap.set_action(static_cast<uint32_t>(i));
    if (!why.ok()) *mishap.mutable_why() = rpc::ToProto(WordingFor(why));
    return;
  }
}

std::string SubjectForPeople(const IncomingMail& mail) {
  const std::string subject = mail::CleanLine(mail.mail.subject());
  return subject.empty() ? mail.mail.message_id()
                         : std::string(mail::CutUtf8(subject, kMaxSubject));
}

}  // namespace postern::fetcher
