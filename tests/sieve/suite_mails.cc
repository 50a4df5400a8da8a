#include "tests/sieve/suite_mails.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/address.h"
#include "tests/sieve/suite_sending.h"

namespace postern::rules::suite {
namespace {

// The first address of the first field of that name; empty: none.
std::string AddressOf(const MessageView& message, absl::string_view name) {
  for (const MessageView::Field* field : message.Fields(name)) {
    const auto addresses = mail::ParseAddressList(field->raw);
    if (!addresses.ok() || addresses->empty()) continue;
    const mail::Address& first = addresses->front();
    if (first.local_part.empty() || first.domain.empty()) continue;
    return absl::StrCat(first.local_part, "@", first.domain);
  }
  return "";
}

bool CancelsKeep(const Action& action) {
  if (const auto* file = std::get_if<FileIntoAction>(&action.kind)) return !file->copy;
  if (const auto* redirect = std::get_if<RedirectAction>(&action.kind)) return !redirect->copy;
  return std::holds_alternative<KeepAction>(action.kind) ||
         std::holds_alternative<DiscardAction>(action.kind) ||
         std::holds_alternative<RejectAction>(action.kind);
}

// Carries out one evaluation's actions.
class Executor {
 public:
  Executor(const Outcome& outcome, const std::string& text, const Facts& facts, Mails& mails,
           std::vector<std::string>& errors)
      : outcome_(outcome), text_(text), facts_(facts), mails_(mails), errors_(errors) {}

  void Run() {
    bool kept = true;
    for (const Action& action : outcome_.actions) {
      edits_ = action.edits;
      action_ = &action;
      kept = kept && !CancelsKeep(action);
      std::visit([&](const auto& kind) { Do(kind); }, action.kind);
    }
    edits_ = errors_.empty() ? outcome_.edits.size() : 0;
    if (kept || !errors_.empty()) Do(KeepAction{outcome_.keep_flags, true});
  }

 private:
  void Do(const KeepAction& keep) { Store("INBOX", keep.flags); }
  void Do(const FileIntoAction& file) {
    const std::string folder = FolderName(file.mailbox);
    if (file.create) mails_.folders[folder];
    if (mails_.folders.contains(folder)) {
      Store(folder, file.flags);
    } else {
      errors_.push_back(
          absl::StrCat("failed to store into mailbox '", file.mailbox, "': it does not exist"));
    }
  }
  void Do(const RedirectAction& redirect) {
    for (const std::string& address : redirect.addresses)
      mails_.sent.push_back({Text(), {}, facts_.envelope_from, address});
  }
  void Do(const VacationAction&) { Send(); }
  void Do(const ReplyAction&) { Send(); }
  void Do(const NotifyAction&) { Send(); }
  void Do(const auto&) {}

  void Send() {
    auto sent = MailsOf(*action_, facts_, text_);
    if (!sent.ok()) {
      errors_.push_back(std::string(sent.status().message()));
      return;
    }
    std::ranges::move(*sent, std::back_inserter(mails_.sent));
  }
  std::string Text() const {
    const std::vector<Edit> edits(outcome_.edits.begin(), outcome_.edits.begin() + edits_);
    return Edited(text_, edits);
  }
  void Store(const std::string& mailbox, const std::vector<std::string>& flags) {
    mails_.folders[mailbox].push_back({Text(), flags, "", ""});
  }

  const Outcome& outcome_;
  const std::string& text_;
  const Facts& facts_;
  Mails& mails_;
  std::vector<std::string>& errors_;
  size_t edits_ = 0;
  const Action* action_ = nullptr;
};

}  // namespace

std::string FolderName(absl::string_view name) {
  const bool inbox = absl::StartsWithIgnoreCase(name, "INBOX");
  return absl::StrCat(inbox ? "INBOX" : name.substr(0, 5),
                      name.substr(std::min<size_t>(5, name.size())));
}

std::string WithCrlf(absl::string_view text) {
  const std::string bare = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  return absl::StrReplaceAll(bare, {{"\n", "\r\n"}});
}

std::string Edited(const std::string& text, const std::vector<Edit>& edits) {
  if (edits.empty()) return text;
  MessageView view(text);
  for (const Edit& edit : edits) {
    const auto* header = std::get_if<HeaderEdit>(&edit);
    if (!header) continue;
    if (header->add) {
      view.AddField(header->name, header->value, header->last);
    } else {
      view.DeleteField(header->name, header->occurrence);
    }
  }
  std::string edited;
  for (const MessageView::Field& field : view.AllFields())
    absl::StrAppend(&edited, field.name, ": ", field.raw, "\r\n");
  return absl::StrCat(edited, "\r\n", view.RawBody());
}

Envelope EnvelopeOfHeader(const MessageView& message) {
  Envelope envelope{"sender@example.com", "recipient@example.com"};
  for (const char* name : {"From", "Sender", "Return-Path"}) {
    std::string address = AddressOf(message, name);
    if (!address.empty()) envelope.from = std::move(address);
  }
  for (const char* name : {"To", "Envelope-To"}) {
    std::string address = AddressOf(message, name);
    if (!address.empty()) envelope.to = std::move(address);
  }
  return envelope;
}

void CarryOut(const Outcome& outcome, const std::string& text, const Facts& facts, Mails& mails,
              std::vector<std::string>& errors) {
  Executor(outcome, text, facts, mails, errors).Run();
}

}  // namespace postern::rules::suite
