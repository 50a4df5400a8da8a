#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/admin/oauth2/consent_desk.h"

// The pages that a browser sees on its way to consent. Pure; whatever users, operators and
// providers say is escaped.
namespace postern::admin {

// Asks whether to go on; `key` goes back with the form.
std::string AskingPage(const ConsentDesk::Errand& errand, absl::string_view key);
std::string ThankingPage(const ConsentDesk::Errand& errand);
// What went wrong, and what to do.
std::string ProblemPage(const absl::Status& problem);

std::string EscapeHtml(absl::string_view text);

}  // namespace postern::admin
