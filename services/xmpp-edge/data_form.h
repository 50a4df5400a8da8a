#pragma once

// XEP-0004: Data Forms, as far as a registration needs them.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

inline constexpr char kDataFormNs[] = "jabber:x:data";

struct FormField {
  std::string var;
  std::string type;  // XEP-0004 section 3.3: "text-single", "list-multi", "boolean", …
  std::string label;
  std::string value;
  std::vector<std::string> values;  // of the "-multi" types, instead of `value`
  bool required = false;
  std::vector<std::pair<std::string, std::string>> options;  // label, value
};

FormField HiddenField(absl::string_view var, absl::string_view value);

// A form to be filled in, or one that tells ("result").
struct DataForm {
  std::string type = "form";
  std::string title, instructions;
  std::vector<FormField> fields;

  Element ToElement() const;
};

// What came back: one value for each field. A field that is not in it was not sent.
using Submission = std::map<std::string, std::string>;

// Reads a submitted form. kInvalidArgument as "field: reason" for a field with
// several values, a value over 1 KiB or one with control characters, and for a
// form of more than 100 fields: no form of ours comes near that.
absl::StatusOr<Submission> ReadSubmission(const Element& form);

// The same for forms with fields of several values ("list-multi"): at most 1000 values,
// 64 KiB in all. A value of several lines is taken for a value for each: some clients send
// "text-multi" so.
using FieldValues = std::map<std::string, std::vector<std::string>>;
absl::StatusOr<FieldValues> ReadFieldValues(const Element& form);
// The fields that can be read of a form that ReadFieldValues() refuses, as far as the limits go.
FieldValues ReadableValues(const Element& form);
// Puts values into the <x/> of a form, in place of what stands there; a password ("text-private")
// never.
void FillIn(const FieldValues& submitted, Element& form);

// Each field's only value. kInvalidArgument as ReadSubmission().
absl::StatusOr<Submission> SingleValues(const FieldValues& values);

// Some clients send an option's label where its value is due (Gajim 1.7, of "list-multi").
// What is no value of the field's options, but the label of exactly one, becomes that
// one's value. `offered` is the <x/> that was filled in.
void TakeLabelsForValues(const Element& offered, FieldValues& submitted);
void TakeLabelsForValues(const Element& offered, Submission& submitted);

// Puts what was submitted into a form that is asked once more, as far as it fits there.
// A password ("text-private") never.
void FillIn(const Submission& submitted, DataForm& form);

// A boolean field: "1" and "true", "0" and "false" (XEP-0004 section 3.3).
absl::StatusOr<bool> ReadBoolean(absl::string_view var, absl::string_view value);

}  // namespace postern::xmpp_edge
