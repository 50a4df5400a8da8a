#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/process/http_server.h"
#include "services/admin/oauth2/consent_desk.h"

namespace postern::admin {

// The web pages of consent, in plain HTTP: the operator's proxy has the TLS. Below the path of
// the public URL, or below /:
//
//   GET  /oauth2/LINK       whose mailbox it is about; nothing happens yet, for chat clients
//                           open links to show what is there
//   POST /oauth2/LINK       the form on it: to the provider
//   GET  /oauth2/callback   from the provider
//
// Against consent that is given to another's account (RFC 6749 section 10.12): a cookie
// (SameSite=Lax) binds all three to one browser, which has seen the page.
class ConsentEndpoint {
 public:
  ConsentEndpoint(ConsentDesk& desk, const std::string& public_url);

  net::Task<process::HttpResponse> Answer(process::HttpRequest request);

 private:
  net::Task<process::HttpResponse> Ask(std::string link, std::string browser);
  net::Task<process::HttpResponse> GoOn(std::string link, std::string browser, std::string form);
  net::Task<process::HttpResponse> ComeBack(std::string query, std::string browser);

  ConsentDesk& desk_;
  std::string path_;  // of the public URL: "" or "/mail"
};

}  // namespace postern::admin
