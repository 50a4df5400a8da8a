#include "services/xmpp-edge/data_form.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxFields = 100;
constexpr size_t kMaxValueBytes = 1024;
constexpr size_t kMaxValues = 1000;
constexpr size_t kMaxBytes = 64 * 1024;

Element ToElement(const FormField& field) {
  Element element = MakeElement("field");
  element.Set("var", field.var).Set("type", field.type);
  if (!field.label.empty()) element.Set("label", field.label);
  if (field.required) element.Add(MakeElement("required"));
  if (!field.value.empty()) element.AddText("value", field.value);
  for (const std::string& value : field.values) element.AddText("value", value);
  for (const auto& [label, value] : field.options) {
    Element option = MakeElement("option");
    option.Set("label", label).AddText("value", value);
    element.Add(std::move(option));
  }
  return element;
}

bool HasControlCharacters(absl::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// The name of a field as an error may repeat it: what a client sent is not to be trusted.
std::string Quotable(absl::string_view var) {
  const bool plain = !var.empty() && var.size() <= 64 && !HasControlCharacters(var);
  return plain ? std::string(var) : std::string("form");
}

absl::Status Wrong(absl::string_view var, const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason, var);
}

absl::Status CheckValue(absl::string_view var, absl::string_view text) {
  if (text.size() > kMaxValueBytes) {
    return Wrong(Quotable(var), texts::LongerThan(kMaxValueBytes));
  }
  if (HasControlCharacters(text)) {
    return Wrong(Quotable(var), texts::HoldsControls());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SingleValue(absl::string_view var, const Element& field) {
  const Element* value = nullptr;
  for (const Element& child : field.children) {
    if (child.name != "value") continue;
    if (value != nullptr) {
      return Wrong(Quotable(var), texts::OneValueOnly());
    }
    value = &child;
  }
  if (value == nullptr) return std::string();
  if (absl::Status fits = CheckValue(var, value->text); !fits.ok()) return fits;
  return value->text;
}

// Takes fields in that can be read, while all together keep to the limits. No value is copied
// more often than need be: it may be a password.
class FieldReader {
 public:
  absl::Status Add(const Element& field) {
    const std::string var(field.Attr("var"));
    if (field.name != "field" || var.empty()) return absl::OkStatus();
    bytes_ += var.size();
    if (++fields_ > kMaxFields) return Wrong("form", texts::TooLarge());
    std::vector<std::string>& values = read_[var];
    for (const Element& child : field.children) {
      if (child.name != "value") continue;
      for (absl::string_view line : absl::StrSplit(child.text, '\n')) {
        absl::ConsumeSuffix(&line, "\r");
        absl::Status fits = CheckValue(var, line);
        bytes_ += line.size();
        if (fits.ok() && (++values_ > kMaxValues || bytes_ > kMaxBytes)) {
          fits = Wrong("form", texts::TooLarge());
        }
        if (!fits.ok()) {
          read_.erase(var);
          return fits;
        }
        values.emplace_back(line);
      }
    }
    return absl::OkStatus();
  }
  FieldValues Take() && { return std::move(read_); }

 private:
  FieldValues read_;
  size_t fields_ = 0, values_ = 0, bytes_ = 0;
};

// The value of the option that is meant, by its value or by its label.
std::string ValueMeant(const Element& field, const std::string& said) {
  std::vector<std::string> labeled;
  for (const Element& option : field.children) {
    if (option.name != "option") continue;
    std::string value = option.ChildText("value");
    if (value == said) return said;
    if (option.Attr("label") == said) labeled.push_back(std::move(value));
  }
  return labeled.size() == 1 ? labeled.front() : said;
}

bool Fits(const FormField& field, const std::string& value) {
  if (field.type == "boolean") return ReadBoolean(field.var, value).ok();
  if (field.type == "list-single") {
    return std::any_of(field.options.begin(), field.options.end(),
                       [&value](const auto& option) { return option.second == value; });
  }
  return field.type == "text-single";
}

}  // namespace

FormField HiddenField(absl::string_view var, absl::string_view value) {
  FormField field;
  field.var = std::string(var);
  field.type = "hidden";
  field.value = std::string(value);
  return field;
}

Element DataForm::ToElement() const {
  Element form = MakeElement("x", kDataFormNs);
  form.Set("type", type);
  if (!title.empty()) form.AddText("title", title);
  if (!instructions.empty()) form.AddText("instructions", instructions);
  for (const FormField& field : fields) form.Add(xmpp_edge::ToElement(field));
  return form;
}

absl::StatusOr<Submission> ReadSubmission(const Element& form) {
  Submission submission;
  size_t fields = 0;
  for (const Element& field : form.children) {
    if (field.name != "field") continue;
    if (++fields > kMaxFields) {
      return Wrong("form", texts::TooManyFields(kMaxFields));
    }
    const absl::string_view var = field.Attr("var");
    if (var.empty()) continue;  // type "fixed" needs none
    auto value = SingleValue(var, field);
    if (!value.ok()) return value.status();
    if (!submission.emplace(std::string(var), *std::move(value)).second) {
      return Wrong(Quotable(var), texts::InTheFormTwice());
    }
  }
  return submission;
}

absl::StatusOr<FieldValues> ReadFieldValues(const Element& form) {
  FieldReader reader;
  for (const Element& field : form.children) {
    if (absl::Status s = reader.Add(field); !s.ok()) return s;
  }
  return std::move(reader).Take();
}

FieldValues ReadableValues(const Element& form) {
  FieldReader reader;
  for (const Element& field : form.children) (void)reader.Add(field);
  return std::move(reader).Take();
}

void FillIn(const FieldValues& submitted, Element& form) {
  for (Element& field : form.children) {
    const auto found = submitted.find(std::string(field.Attr("var")));
    const absl::string_view type = field.Attr("type");
    if (found == submitted.end() || type == "text-private" || type == "hidden") continue;
    std::erase_if(field.children, [](const Element& child) { return child.name == "value"; });
    for (const std::string& value : found->second) field.AddText("value", value);
  }
}

absl::StatusOr<Submission> SingleValues(const FieldValues& values) {
  for (const auto& [var, of_field] : values) {
    if (of_field.size() > 1) return Wrong(Quotable(var), texts::OneValueOnly());
  }
  Submission submission;
  for (const auto& [var, of_field] : values) {
    submission[var] = of_field.empty() ? "" : of_field.front();
  }
  return submission;
}

void TakeLabelsForValues(const Element& offered, FieldValues& submitted) {
  for (const Element& field : offered.children) {
    const auto found = submitted.find(std::string(field.Attr("var")));
    if (found == submitted.end() || field.Child("option") == nullptr) continue;
    for (std::string& value : found->second) value = ValueMeant(field, value);
  }
}

void TakeLabelsForValues(const Element& offered, Submission& submitted) {
  for (const Element& field : offered.children) {
    const auto found = submitted.find(std::string(field.Attr("var")));
    if (found == submitted.end() || field.Child("option") == nullptr) continue;
    found->second = ValueMeant(field, found->second);
  }
}

void FillIn(const Submission& submitted, DataForm& form) {
  for (FormField& field : form.fields) {
    const auto found = submitted.find(field.var);
    if (found != submitted.end() && Fits(field, found->second)) field.value = found->second;
  }
}

absl::StatusOr<bool> ReadBoolean(absl::string_view var, absl::string_view value) {
  if (value == "1" || value == "true") return true;
  if (value == "0" || value == "false") return false;
  return Wrong(var, texts::MustBeBoolean());
}

}  // namespace postern::xmpp_edge
