// `posternctl rules password`: what a user's mail program logs in with to edit scripts.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

struct Wish {
  std::string user;
  bool revoke = false;
};

absl::Status Revoke(Session& session, const std::string& user) {
  rules::v1::RevokeScriptPasswordRequest request;
  request.set_user(user);
  auto done = session.Call(&Stub::RevokeScriptPassword, request);
  if (!done.ok()) return done.status();
  if (session.json) return session.PrintJson(*done);
  PrintLine(session.out(), absl::StrCat(user, " has no password for scripts any more."));
  return absl::OkStatus();
}

absl::Status Create(Session& session, const std::string& user) {
  rules::v1::CreateScriptPasswordRequest request;
  request.set_user(user);
  auto made = session.Call(&Stub::CreateScriptPassword, request);
  if (!made.ok()) return made.status();
  if (session.json) return session.PrintJson(*made);
  PrintLine(session.out(), absl::StrCat("The password for the scripts of ", user,
                                        ", which is shown this once: ", made->password()));
  PrintLine(session.out(), "The one before, if any, is void.");
  return absl::OkStatus();
}

}  // namespace

void AddRulesPassword(Nouns& nouns, CLI::App& rules) {
  auto wish = std::make_shared<Wish>();
  CLI::App& password = nouns.AddVerb(
      rules, "password", "Make a new password by which a user's mail program edits Sieve scripts",
      "Its user name is the whole Jabber address. It is good for ManageSieve alone\n"
      "(--managesieve-listen of the rules service), and the one before is void.\n\n"
      "Example:\n  posternctl rules password ann@example.org\n",
      [wish](Session& session) {
        return wish->revoke ? Revoke(session, wish->user) : Create(session, wish->user);
      });
  password.add_option("USER", wish->user, "whose, a bare JID")->required();
  password.add_flag("--revoke", wish->revoke, "take it away instead");
}

}  // namespace postern::posternctl
