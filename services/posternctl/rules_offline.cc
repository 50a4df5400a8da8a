#include "services/posternctl/rules_offline.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/charset.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine.h"
#include "services/rules/facts.h"
#include "services/rules/jsmail_reject.h"

namespace postern::posternctl {
namespace {

constexpr size_t kMaxMessageRead = 1 << 20;  // rules look at the header, which is at the beginning

struct FileBeginning {
  std::string bytes;
  size_t full_size = 0;
};

absl::StatusOr<FileBeginning> ReadBeginning(const std::string& path, size_t limit) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode))
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  FileBeginning beginning;
  beginning.bytes.resize(limit);
  file.read(beginning.bytes.data(), static_cast<std::streamsize>(limit));
  if (file.bad()) return absl::UnavailableError(absl::StrCat(path, ": can't be read"));
  beginning.bytes.resize(static_cast<size_t>(file.gcount()));
  beginning.full_size = beginning.bytes.size();
  if (beginning.bytes.size() == limit) beginning.full_size = static_cast<size_t>(about.st_size);
  return beginning;
}

absl::StatusOr<rules::RejectFile> ParseFile(const std::string& path) {
  auto file = ReadBeginning(path, rules::kMaxSourceBytes + 1);
  if (!file.ok()) return file.status();
  return rules::ParseRejectFile(file->bytes, FileNameOf(path));
}

}  // namespace

std::string FileNameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::StatusOr<std::string> ReadRuleFile(const std::string& path) {
  auto file = ReadBeginning(path, rules::kMaxSourceBytes + 1);
  if (!file.ok()) return file.status();
  if (file->bytes.size() > rules::kMaxSourceBytes)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is larger than ", rules::kMaxSourceBytes / 1024, " KiB"));
  if (mail::IsUtf8(file->bytes)) return std::move(file->bytes);
  return mail::ToUtf8(file->bytes, "windows-1252");
}

absl::StatusOr<rules::v1::ImportRulesResponse> CheckRuleFile(const std::string& path) {
  auto file = ParseFile(path);
  if (!file.ok()) return file.status();
  rules::v1::ImportRulesResponse checked;
  checked.set_rules(static_cast<uint32_t>(file->program.rules.size()));
  checked.set_program_hash(file->program.hash);
  checked.mutable_warnings()->Assign(file->warnings.begin(), file->warnings.end());
  return checked;
}

absl::StatusOr<rules::v1::Decision> JudgeFile(const OfflineQuestion& question) {
  auto file = ParseFile(question.reject_file);
  if (!file.ok()) return file.status();
  auto message = ReadBeginning(question.message_file, kMaxMessageRead);
  if (!message.ok()) return message.status();
  mail::Mail mail = mail::ParseMail(message->bytes, message->full_size);
  if (!question.envelope_from.empty()) mail.envelope_from = question.envelope_from;

  const rules::ProgramPtr stages[] = {
      std::make_shared<const rules::Program>(std::move(file->program))};
  const rules::Judgement judgement =
      rules::Judge(stages, rules::GatherFacts(mail, question.envelope_to));
  rules::v1::Decision decision;
  decision.set_message_id(mail.message_id);
  decision.set_from(mail.from.empty() ? mail.envelope_from : mail.from.front().Spec());
  decision.set_verdict(judgement.verdict == rules::Verdict::kReject ? rules::v1::VERDICT_REJECT
                                                                    : rules::v1::VERDICT_KEEP);
  decision.set_reason(judgement.reason);
  decision.set_program_hash(judgement.program_hash);
  return decision;
}

}  // namespace postern::posternctl
