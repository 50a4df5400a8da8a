#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::http {

// An https URL taken apart (RFC 3986).
struct Url {
  std::string host;  // lower case; an IPv6 address without its brackets
  uint16_t port = 443;
  std::string path;  // with its query, at least "/"; without the fragment
};

// Reads one strictly, for it decides where we connect: no user name, no backslash, no control
// character, a host of letters, digits, "-", "_" and "." or an address, at most 4 KiB.
// kInvalidArgument: it is not one; kFailedPrecondition: it is a URL of another scheme.
absl::StatusOr<Url> ReadUrl(absl::string_view text);
// As it is asked for. Letters of the path beyond ASCII are encoded.
std::string ToString(const Url& url);
// What the last part of the path is called, decoded; may be empty, and anything else.
std::string LastPathPart(const Url& url);

}  // namespace postern::http
