#include "services/xmpp-edge/interpreter.h"

namespace postern::xmpp_edge {

Interpreter::Interpreter(absl::string_view site_language, const AccountDirectory& directory)
    : directory_(directory), languages_{{"en", "English"}}, words_{Words("en")} {
  (void)site_language;
  (void)directory_;
}

const Words& Interpreter::Of(absl::string_view user) const { return Answering(user, ""); }

const Words& Interpreter::Answering(absl::string_view user, absl::string_view xml_lang) const {
  (void)user;
  (void)xml_lang;
  return words_.front();
}

}  // namespace postern::xmpp_edge
