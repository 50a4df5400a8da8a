#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// One line for each event: a fixed message, the variables as fields. Never
// bodies, subjects or passwords. Control characters are escaped on the way out.
// The field "mail" is the id that follows a mail through all services
// (delivery_id inward, queue_id outward).
namespace postern::log {

struct Field {
  Field(absl::string_view k, const absl::AlphaNum& v) : key(k), value(v.Piece()) {}
  absl::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

void Debug(absl::string_view message, Fields fields = {});
void Info(absl::string_view message, Fields fields = {});
void Warn(absl::string_view message, Fields fields = {});
void Error(absl::string_view message, Fields fields = {});

// format: "text" or "json"; level: "debug", "info", "warn", "error". False when
// one of them is unknown.
bool Configure(absl::string_view format, absl::string_view level);

}  // namespace postern::log
