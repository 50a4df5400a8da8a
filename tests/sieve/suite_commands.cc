#include "tests/sieve/suite_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::rules::suite {
namespace {

constexpr absl::string_view kDefaultMail =
    "From: sender@example.com\nTo: recipient@example.org\nSubject: Frop!\n\nFriep!\n";

}  // namespace

const std::map<std::string, SuiteCommands::Handler>& SuiteCommands::Handlers() {
  static const auto& handlers = *new std::map<std::string, Handler>{
      {"test_fail", &SuiteCommands::Fail},
      {"test_set", &SuiteCommands::Set},
      {"test_config_set", &SuiteCommands::SetConfig},
      {"test_config_unset", &SuiteCommands::UnsetConfig},
      {"test_config_reload", &SuiteCommands::Ignore},
      {"test_script_compile", &SuiteCommands::CompileScript},
      {"test_script_run", &SuiteCommands::RunScript},
      {"test_multiscript", &SuiteCommands::RunScripts},
      {"test_error", &SuiteCommands::Error},
      {"test_result_action", &SuiteCommands::ResultAction},
      {"test_result_execute", &SuiteCommands::ExecuteResult},
      {"test_result_reset", &SuiteCommands::ResetResult},
      {"test_result_print", &SuiteCommands::Ignore},
      {"test_message", &SuiteCommands::Message},
      {"test_message_print", &SuiteCommands::Ignore},
      {"test_mailbox_create", &SuiteCommands::CreateMailbox},
      {"test_mailbox_delete", &SuiteCommands::DeleteMailbox},
      {"test_binary_save", &SuiteCommands::SaveBinary},
      {"test_binary_load", &SuiteCommands::LoadBinary},
      {"test_imap_metadata_set", &SuiteCommands::SetMetadata},
  };
  return handlers;
}

std::vector<std::string> SuiteCommands::Names() {
  std::vector<std::string> names = {"test"};
  for (const auto& [name, handler] : Handlers()) names.push_back(name);
  return names;
}

void SuiteCommands::Begin(MessageView& message, Facts& facts) {
  TakeMessage(text_, message, facts);
}

SuiteCommands::SuiteCommands(std::string folder, std::vector<Block>& blocks)
    : folder_(std::move(folder)), blocks_(blocks), text_(WithCrlf(kDefaultMail)) {}

bool SuiteCommands::Call(const std::string& name, const std::vector<Argument>& arguments,
                         uint32_t line, MessageView& message, Facts& facts, Evaluation& so_far) {
  if (block_ && (line < block_->begin || line >= block_->end)) block_ = nullptr;
  if (name == "test") {
    const auto found = std::ranges::find_if(
        blocks_, [&](const Block& block) { return line >= block.begin && line < block.end; });
    if (found == blocks_.end()) return false;
    block_ = &*found;
    block_->begun = true;
    return true;
  }
  if (block_ && !block_->failure.empty()) return false;
  const auto handler = Handlers().find(name);
  if (handler == Handlers().end()) return false;
  Caller caller{message, facts, so_far};
  return (this->*handler->second)(Sort(arguments), caller);
}

void SuiteCommands::FailBlock(const std::string& reason) {
  if (block_ && block_->failure.empty()) block_->failure = reason.empty() ? "failed" : reason;
}

bool SuiteCommands::Ignore(const Arguments&, Caller&) { return true; }

bool SuiteCommands::Fail(const Arguments& arguments, Caller&) {
  FailBlock(arguments.Text(0));
  return false;
}

void SuiteCommands::TakeMessage(const std::string& text, MessageView& message, Facts& facts) {
  text_ = text;
  message.Replace(text);
  const Envelope envelope = EnvelopeOfHeader(message);
  facts.envelope_from = envelope.from;
  facts.recipients = {envelope.to};
  TakeOwnAddresses(facts);
  facts.envelope_known = true;
  facts.flags.clear();
}

bool SuiteCommands::Set(const Arguments& arguments, Caller& caller) {
  const std::string name = arguments.Text(0), value = arguments.Text(1);
  const auto bare = [&] {
    const bool path = absl::StartsWith(value, "<") && absl::EndsWith(value, ">");
    return path ? value.substr(1, value.size() - 2) : value;
  };
  if (name == "message") {
    edits_ = caller.so_far.edits.size();
    TakeMessage(WithCrlf(value), caller.message, caller.facts);
  } else if (name == "envelope.from") {
    caller.facts.envelope_from = bare();
  } else if (name == "envelope.to") {
    caller.facts.recipients = {bare()};
    TakeOwnAddresses(caller.facts);
  } else if (name == "envelope.auth") {
    caller.facts.environment["envelope.auth"] = value;
  }
  return true;
}

// An account knows its own; there, some are a setting.
void SuiteCommands::TakeOwnAddresses(Facts& facts) const {
  facts.own_addresses = facts.recipients;
  const auto set = settings_.find("sieve_user_email");
  if (set != settings_.end()) facts.own_addresses.push_back(set->second);
}

bool SuiteCommands::SetConfig(const Arguments& arguments, Caller& caller) {
  settings_[arguments.Text(0)] = arguments.Text(1);
  TakeOwnAddresses(caller.facts);
  return true;
}

bool SuiteCommands::UnsetConfig(const Arguments& arguments, Caller& caller) {
  settings_.erase(arguments.Text(0));
  TakeOwnAddresses(caller.facts);
  return true;
}

bool SuiteCommands::Message(const Arguments& arguments, Caller& caller) {
  const bool sent = arguments.Has("smtp");
  const std::string folder = FolderName(arguments.Tag("folder"));
  const std::vector<SuiteMail>& mails = sent ? mails_.sent : mails_.folders[folder];
  const size_t index = static_cast<size_t>(arguments.Number(0));
  if (index >= mails.size()) return false;
  const SuiteMail mail = mails[index];
  edits_ = caller.so_far.edits.size();
  TakeMessage(mail.text, caller.message, caller.facts);
  caller.facts.flags = mail.flags;
  if (sent) {
    caller.facts.envelope_from = mail.envelope_from;
    caller.facts.recipients = {mail.envelope_to};
  }
  return true;
}

bool SuiteCommands::CreateMailbox(const Arguments& arguments, Caller& caller) {
  mails_.folders[FolderName(arguments.Text(0))];
  caller.facts.looked_up[MailboxFact(arguments.Text(0))] = "yes";
  return true;
}

bool SuiteCommands::DeleteMailbox(const Arguments& arguments, Caller& caller) {
  mails_.folders.erase(FolderName(arguments.Text(0)));
  caller.facts.looked_up[MailboxFact(arguments.Text(0))] = "no";
  return true;
}

bool SuiteCommands::SetMetadata(const Arguments& arguments, Caller& caller) {
  caller.facts.looked_up[MetadataFact(arguments.Tag("mailbox"), arguments.Text(0))] =
      arguments.Text(1);
  return true;
}

}  // namespace postern::rules::suite
