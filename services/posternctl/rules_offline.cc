#include "services/posternctl/rules_offline.h"

#include <memory>
#include <utility>

#include "lib/mail/mime_parser.h"
#include "services/posternctl/text_file.h"
#include "services/rules/engine.h"
#include "services/rules/facts.h"
#include "services/rules/jsmail_reject.h"

namespace postern::posternctl {
namespace {

constexpr size_t kMaxMessageRead = 1 << 20;  // rules look at the header, which is at the beginning

absl::StatusOr<rules::RejectFile> ParseFile(const std::string& path) {
  auto file = ReadBeginning(path, rules::kMaxSourceBytes + 1);
  if (!file.ok()) return file.status();
  return rules::ParseRejectFile(file->bytes, FileNameOf(path));
}

}  // namespace

absl::StatusOr<std::string> ReadRuleFile(const std::string& path) {
  return ReadTextFile(path, rules::kMaxSourceBytes);
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
