#include "services/rules/engine/field_class.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace postern::rules {
namespace {

using Kind = FieldClass::Kind;

bool AllConstant(const std::vector<Text>& texts) {
  return std::all_of(texts.begin(), texts.end(), [](const Text& text) { return text.constant(); });
}

std::vector<FieldClass> Classes(Kind kind, const std::vector<Text>& names, AddressPart part) {
  std::vector<FieldClass> classes;
  for (const Text& name : names) {
    FieldClass one;
    one.kind = kind;
    one.name = absl::AsciiStrToLower(name.literal());
    one.part = part;
    classes.push_back(std::move(one));
  }
  return classes;
}

bool OfMailItself(const MimeScope& mime) {
  return mime.aspect == MimeAspect::kNone && !mime.any_child;
}

struct Asker {
  LookedFor operator()(const HeaderTest& test) {
    if (!AllConstant(test.names) || !OfMailItself(test.mime)) return {};
    return {Classes(Kind::kHeader, test.names, AddressPart::kAll), &test.match, &test.keys};
  }
  LookedFor operator()(const AddressTest& test) {
    if (!AllConstant(test.names) || !OfMailItself(test.mime)) return {};
    return {Classes(Kind::kAddress, test.names, test.part), &test.match, &test.keys};
  }
  LookedFor operator()(const EnvelopeTest& test) {
    if (!AllConstant(test.fields)) return {};
    return {Classes(Kind::kEnvelope, test.fields, test.part), &test.match, &test.keys};
  }
  LookedFor operator()(const CorrespondentTest& test) {
    FieldClass one;
    one.kind = test.sender ? Kind::kSender : Kind::kRecipient;
    return {{one}, &test.match, &test.keys};
  }
  LookedFor operator()(const BodyTest& test) {
    if (test.transform == BodyTransform::kContent) return {};
    FieldClass one;
    one.kind = test.transform == BodyTransform::kRaw ? Kind::kRaw : Kind::kText;
    return {{one}, &test.match, &test.keys};
  }
  template <typename Other>
  LookedFor operator()(const Other&) {
    return {};
  }
};

}  // namespace

LookedFor WhatIsLookedFor(const Test& test) {
  LookedFor what = std::visit(Asker{}, test);
  if (what.classes.empty() || what.keys->texts.empty() || !AllConstant(what.keys->texts)) return {};
  return what;
}

}  // namespace postern::rules
