#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/parameters.h"
#include "services/rules/engine/address_part.h"
#include "services/rules/engine/ask.h"
#include "services/rules/engine/mailbox_list.h"
#include "services/rules/engine/matcher.h"

// Tests of the header and the envelope.
namespace postern::rules {
namespace {

using Field = MessageView::Field;

// Of the budget, bytes: a test may ask thousands of times for a name that thousands of fields have.
constexpr size_t kLookUp = 64, kFieldFound = 64, kFieldPassed = 8, kParameterCompared = 16;

// RFC 5260 section 6: counted over all the fields of these names.
void TakeIndexed(const Index& index, std::vector<const Field*>& fields) {
  if (index.number <= 0) return;
  const auto number = static_cast<size_t>(index.number);
  if (number > fields.size()) {
    fields.clear();
  } else {
    fields = {index.from_last ? fields[fields.size() - number] : fields[number - 1]};
  }
}

// The parts whose headers are meant: RFC 5703 section 4.
std::pair<size_t, size_t> PartsFor(const MimeScope& mime, const Run& run) {
  const size_t part = run.part();
  const auto& parts = run.message.Parts();
  if (part >= parts.size()) return {0, 0};
  return {part, mime.any_child ? parts[part].end : part + 1};
}

std::vector<const Field*> MimeFieldsFor(const std::vector<std::string>& names, const Index& index,
                                        const MimeScope& mime, const Run& run) {
  std::vector<const Field*> fields;
  const auto [begin, end] = PartsFor(mime, run);
  const auto& parts = run.message.Parts();
  for (size_t part = begin; part < end && !run.budget.spent(); ++part) {
    for (const std::string& name : names) {
      const auto found = run.message.FieldsOf(part, name);
      fields.insert(fields.end(), found.begin(), found.end());
      const size_t passed = part < parts.size() ? parts[part].fields.size() : 0;
      if (!run.budget.Spend(kLookUp + found.size() * kFieldFound + passed * kFieldPassed)) break;
    }
  }
  TakeIndexed(index, fields);
  return fields;
}

std::vector<const Field*> FieldsFor(const std::vector<std::string>& names, const Index& index,
                                    const MimeScope& mime, const Run& run) {
  if (mime.aspect != MimeAspect::kNone || mime.any_child)
    return MimeFieldsFor(names, index, mime, run);
  return FieldsFor(names, index, run);
}

// What of "text/plain; charset=utf-8" is compared: RFC 5703 section 4.2.
std::vector<std::string> AspectValues(const Field& field, const MimeScope& mime, const Run& run) {
  if (mime.aspect == MimeAspect::kNone || mime.aspect == MimeAspect::kWhole)
    return {std::string(field.decoded())};
  if (!run.budget.Spend(field.raw.size())) return {};
  const mail::ParameterizedValue value = mail::ParseParameterized(field.raw);
  const bool is_type = absl::EqualsIgnoreCase(field.name, "Content-Type");
  const size_t slash = value.value.find('/');
  std::vector<std::string> values;
  switch (mime.aspect) {
    case MimeAspect::kType:  // of Content-Disposition: the disposition
      values.push_back(value.value.substr(0, slash));
      break;
    case MimeAspect::kSubtype:
      values.push_back(is_type && slash != std::string::npos ? value.value.substr(slash + 1) : "");
      break;
    case MimeAspect::kContentType:
      values.push_back(value.value);
      break;
    case MimeAspect::kParameter:
      for (const std::string& name : ExpandAll(mime.parameters, run)) {
        if (!run.budget.Spend(value.parameters.size() * kParameterCompared)) break;
        const std::string lower = absl::AsciiStrToLower(name);
        for (const auto& [parameter, content] : value.parameters) {
          if (parameter == lower) values.push_back(content);
        }
      }
      break;
    case MimeAspect::kNone:
    case MimeAspect::kWhole:
      break;
  }
  return values;
}

// The null return path is the empty string, whichever part is asked for (RFC 5228 section 5.4).
std::vector<MessageView::Mailbox> EnvelopeMailboxes(absl::string_view field, const Run& run) {
  const Facts& facts = run.facts;
  if (field == "from") {
    if (!facts.envelope_from.empty()) return {ReadMailbox(facts.envelope_from)};
    if (facts.envelope_known) return {MessageView::Mailbox{}};
    return {};
  }
  std::vector<MessageView::Mailbox> mailboxes;
  if (field != "to") return mailboxes;
  if (!run.recipient.empty()) return {ReadMailbox(run.recipient)};
  for (const std::string& recipient : facts.recipients) mailboxes.push_back(ReadMailbox(recipient));
  return mailboxes;
}

}  // namespace

std::vector<const Field*> FieldsFor(const std::vector<std::string>& names, const Index& index,
                                    const Run& run) {
  std::vector<const Field*> fields;
  for (const std::string& name : names) {
    const auto found = run.message.Fields(name);
    fields.insert(fields.end(), found.begin(), found.end());
    if (!run.budget.Spend(kLookUp + found.size() * kFieldFound)) break;
  }
  TakeIndexed(index, fields);
  return fields;
}

bool AskHeader(const HeaderTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  for (const Field* field : FieldsFor(ExpandAll(test.names, run), test.index, test.mime, run)) {
    if (test.mime.aspect == MimeAspect::kNone) {
      if (matcher.Takes(field->decoded())) return true;
      continue;
    }
    for (const std::string& value : AspectValues(*field, test.mime, run)) {
      if (matcher.Takes(value)) return true;
    }
  }
  return matcher.AtEnd();
}

bool AskAddress(const AddressTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  for (const Field* field : FieldsFor(ExpandAll(test.names, run), test.index, test.mime, run)) {
    for (const MessageView::Mailbox& mailbox : field->mailboxes()) {
      const std::optional<std::string> value = PartOf(mailbox, test.part);
      if (value && matcher.Takes(*value)) return true;
    }
  }
  return matcher.AtEnd();
}

std::vector<std::string> EnvelopeValues(absl::string_view field, AddressPart part, const Run& run) {
  std::vector<std::string> values;
  for (const MessageView::Mailbox& mailbox : EnvelopeMailboxes(field, run)) {
    const bool is_null = mailbox.whole.empty();
    std::optional<std::string> value = is_null ? std::string() : PartOf(mailbox, part);
    if (value) values.push_back(*std::move(value));
  }
  return values;
}

bool AskEnvelope(const EnvelopeTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  for (const std::string& field : ExpandAll(test.fields, run)) {
    for (const std::string& value : EnvelopeValues(absl::AsciiStrToLower(field), test.part, run)) {
      if (matcher.Takes(value)) return true;
    }
  }
  return matcher.AtEnd();
}

std::vector<std::string> Correspondents(bool sender, const Run& run) {
  std::vector<std::string> spellings;
  size_t bytes = 0;
  const auto add = [&](std::string spelling) {
    bytes += spelling.size();
    if (spelling.empty() || bytes > MessageView::kMaxHeaderBytes) return;
    if (std::find(spellings.begin(), spellings.end(), spelling) == spellings.end())
      spellings.push_back(std::move(spelling));
  };
  const auto add_both = [&](const std::string& address) {
    add(address);
    const size_t at = address.rfind('@');
    if (at == std::string::npos) return;
    add(absl::StrCat(address.substr(0, at), absl::AsciiStrToLower(address.substr(at))));
  };
  if (!sender) {
    add_both(std::string(run.recipient));
    return spellings;
  }
  add_both(run.facts.envelope_from);
  for (const Field* field : FieldsFor({"From", "Sender"}, {}, run)) {
    for (const MessageView::Mailbox& mailbox : field->mailboxes()) {
      if (spellings.size() >= 100) return spellings;
      if (!mailbox.domain.empty()) add_both(mailbox.whole);
    }
  }
  return spellings;
}

bool AskCorrespondent(const CorrespondentTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  for (const std::string& spelling : Correspondents(test.sender, run)) {
    if (matcher.Takes(spelling)) return true;
  }
  return matcher.AtEnd();
}

bool AskExists(const ExistsTest& test, Run& run) {
  for (const std::string& name : ExpandAll(test.names, run)) {
    if (FieldsFor({name}, {}, test.mime, run).empty()) return false;
  }
  return true;
}

bool AskSize(const SizeTest& test, Run& run) {
  const uint64_t size = run.message.size();
  return test.over ? size > test.bytes : size < test.bytes;
}

}  // namespace postern::rules
