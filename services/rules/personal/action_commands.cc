#include "services/rules/personal/action_commands.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/rules/ir/notify_uri.h"
#include "services/rules/personal/rule_name.h"

namespace postern::rules::personal {
namespace {

using sieve::Command;
using v1::PersonalAction;

// fileinto [:copy] [:specialuse "\\Junk"] :create "Junk"
Command File(const std::string& folder, bool copy, Extensions& needed) {
  needed.insert({"fileinto", "mailbox"});
  Arguments arguments;
  if (copy) {
    needed.insert("copy");
    arguments.push_back(Tag("copy"));
  }
  const char* of_use = FolderOfUse(folder);
  if (of_use != nullptr) {
    needed.insert("special-use");
    arguments.push_back(Tag("specialuse"));
    arguments.push_back(Strings({absl::StrCat("\\", of_use)}));
  }
  arguments.push_back(Tag("create"));
  arguments.push_back(Strings({of_use != nullptr ? std::string(of_use) : folder}));
  return MakeCommand("fileinto", std::move(arguments));
}

Command Redirect(const std::string& address, bool copy, Extensions& needed) {
  Arguments arguments;
  if (copy) {
    needed.insert("copy");
    arguments.push_back(Tag("copy"));
  }
  arguments.push_back(Strings({address}));
  return MakeCommand("redirect", std::move(arguments));
}

Command Deliver(const std::string& mode, Extensions& needed) {
  needed.insert("vnd.postern.deliver");
  return MakeCommand("deliver", {Tag("mode"), Strings({mode})});
}

Command CommandOf(const PersonalAction& action, const v1::PersonalRule& rule, Extensions& needed) {
  const std::string& value = action.value();
  switch (action.what()) {
    case PersonalAction::WHAT_DELIVER:
      return Deliver(value, needed);
    case PersonalAction::WHAT_URGENT:
      return Deliver("full", needed);
    case PersonalAction::WHAT_FILE:
      return File(value, false, needed);
    case PersonalAction::WHAT_COPY:
      return File(value, true, needed);
    case PersonalAction::WHAT_FLAG:
      needed.insert("imap4flags");
      return MakeCommand("addflag", {Strings({value})});
    case PersonalAction::WHAT_REDIRECT:
      return Redirect(value, false, needed);
    case PersonalAction::WHAT_COPY_TO:
      return Redirect(value, true, needed);
    case PersonalAction::WHAT_NOTIFY:
      needed.insert("enotify");
      return MakeCommand("notify", {Strings({NotifyUriOf(value)})});
    case PersonalAction::WHAT_HOLD:
      needed.insert("vnd.postern.hold");
      return MakeCommand("hold", {Tag("until"), Strings({value})});
    case PersonalAction::WHAT_QUARANTINE:
      needed.insert("vnd.postern.quarantine");
      return MakeCommand("quarantine", {Strings({value.empty() ? NameOf(rule) : value})});
    case PersonalAction::WHAT_REPLY:
      needed.insert("vnd.postern.reply");
      // The same rule answers somebody once a day, whatever its text has become.
      return MakeCommand(
          "reply", {Tag("handle"), Strings({absl::StrCat("rule ", rule.id())}), Strings({value})});
    case PersonalAction::WHAT_DISCARD:
      return MakeCommand("discard");
    default:  // not in force (personal_rules)
      return MakeCommand("keep");
  }
}

// RFC 5122 section 2.2: as it stands but for what a URI has other uses for.
std::string UriEscaped(absl::string_view jid) {
  std::string uri;
  for (const char c : jid) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains("-._~!$'()*+,=:@/", c)) {
      uri.push_back(c);
    } else {
      absl::StrAppendFormat(&uri, "%%%02X", byte);
    }
  }
  return uri;
}

}  // namespace

std::vector<Command> CommandsOf(const v1::PersonalRule& rule, Extensions& needed) {
  std::vector<Command> commands;
  for (const bool flags : {true, false}) {
    for (const PersonalAction& action : rule.actions()) {
      if ((action.what() == PersonalAction::WHAT_FLAG) == flags)
        commands.push_back(CommandOf(action, rule, needed));
    }
  }
  if (rule.stop()) commands.push_back(MakeCommand("stop"));
  return commands;
}

std::string NotifyUriOf(absl::string_view target) {
  if (ParseNotifyUri(target).ok()) return std::string(target);
  return absl::StrCat("xmpp:", UriEscaped(target));
}

const char* FolderOfUse(absl::string_view use) {
  for (const char* name : {"Junk", "Trash", "Archive", "Sent", "Drafts"}) {
    if (absl::EqualsIgnoreCase(use, absl::StrCat("\\", name))) return name;
  }
  return nullptr;
}

}  // namespace postern::rules::personal
