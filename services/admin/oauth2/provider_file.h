#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/admin/oauth2/provider.h"

// The operator's file of OAuth2 providers; README.md describes it. Pure but for the files
// with secrets that it names.
namespace postern::admin {

// [google]                       a preset: "google" or "microsoft"; its keys may be set anew
// client-id = …
// client-secret-file = /etc/postern/google.secret      or client-secret = …
//
// [example]                      any other provider
// label = Example Mail           its name, when left out
// hosts = imap.example.org, *.mail.example.org
// authorization-url = https://…
// token-url = https://…
// device-url = https://…         where codes can be typed (RFC 8628)
// scope = mail offline_access
// parameters = access_type=offline prompt=consent
// client-authentication = basic  or post
struct ProviderFile {
  OAuth2Providers providers;
  std::vector<std::string> problems;  // "3: there is no setting 'hots'"
};

inline constexpr size_t kMaxProviderFileBytes = 256 * 1024;

// `read_secret`: a file's text without its trailing line end.
using ReadSecret = std::function<absl::StatusOr<std::string>(const std::string& path)>;
ProviderFile ParseProviderFile(absl::string_view text, const ReadSecret& read_secret);

}  // namespace postern::admin
