#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/run.h"
#include "services/rules/ir/test.h"

namespace postern::rules {

// A group of texts of a mail that several tests look at.
struct FieldClass {
  enum class Kind : uint8_t { kHeader, kAddress, kEnvelope, kSender, kRecipient, kText, kRaw };
  Kind kind = Kind::kHeader;
  std::string name;  // kHeader, kAddress: of the field, in lower case; kEnvelope: "from", "to"
  AddressPart part = AddressPart::kAll;

  auto operator<=>(const FieldClass&) const = default;

  bool of_field() const { return kind == Kind::kHeader || kind == Kind::kAddress; }
  bool of_body() const { return kind == Kind::kText || kind == Kind::kRaw; }
};

// What a test looks at and looks for, when all of it is known beforehand; else nothing.
struct LookedFor {
  std::vector<FieldClass> classes;
  const Match* match = nullptr;
  const Keys* keys = nullptr;
};
LookedFor WhatIsLookedFor(const Test& test);

// Calls visit(text) for each text of the class: the very ones that tests compare.
template <typename Visit>
void ForEachText(const FieldClass& field, const Run& run, Visit visit);

}  // namespace postern::rules

#include "services/rules/engine/address_part.h"
#include "services/rules/engine/ask.h"

namespace postern::rules {

template <typename Visit>
void ForEachText(const FieldClass& field, const Run& run, Visit visit) {
  using Kind = FieldClass::Kind;
  switch (field.kind) {
    case Kind::kHeader:
      for (const MessageView::Field* one : run.message.Fields(field.name)) visit(one->decoded());
      return;
    case Kind::kAddress:
      for (const MessageView::Field* one : run.message.Fields(field.name)) {
        for (const MessageView::Mailbox& mailbox : one->mailboxes()) {
          if (const auto value = PartOf(mailbox, field.part)) visit(absl::string_view(*value));
        }
      }
      return;
    case Kind::kEnvelope:
      for (const std::string& value : EnvelopeValues(field.name, field.part, run))
        visit(absl::string_view(value));
      return;
    case Kind::kSender:
    case Kind::kRecipient:
      for (const std::string& value : Correspondents(field.kind == Kind::kSender, run))
        visit(absl::string_view(value));
      return;
    case Kind::kText:
      visit(run.message.Text());
      return;
    case Kind::kRaw:
      visit(run.message.RawLines());
      return;
  }
}

}  // namespace postern::rules
