#include "services/xmpp-edge/features/help.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/help.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/uploads.h"
#include "services/xmpp-edge/texts/waiting_mails.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

std::vector<std::string> AccountHelp(const Place& place, absl::string_view domain,
                                     const Words& words, bool with_files) {
  const admin::v1::Account& account = *place.account;
  const bool mailbox =
      place.type == admin::v1::ACCOUNT_TYPE_IMAP || place.type == admin::v1::ACCOUNT_TYPE_POP3;
  std::vector<std::string> parts;
  parts.push_back(mailbox ? texts::HowToAnswer(words)
                          : texts::SendsFrom(words, account.name(), account.default_from()));
  if (IsPasswordGivenByHand(account)) parts.push_back(texts::AsksForPassword(words));
  parts.push_back(texts::HowToWrite(words, domain));
  parts.push_back(texts::HowToSendLater(words));
  if (with_files) parts.push_back(texts::HowToAttach(words));
  if (mailbox) parts.push_back(texts::HowToForward(words));
  if (mailbox) parts.push_back(texts::HowToRuleByMail(words));
  parts.push_back(mailbox ? texts::CommandsOfAccount(words) : texts::CommandsOfSender(words));
  parts.push_back(mailbox ? texts::HowToSetTimes(words) : texts::HowToSetSending(words));
  parts.push_back(texts::CommandsAtGateway(words, domain));
  return parts;
}

}  // namespace

bool IsHelpRequest(absl::string_view body, const Words& words) {
  body = absl::StripAsciiWhitespace(body);
  return body == "?" || IsKeyword(body, "help", texts::KeywordHelp(words));
}

bool IsKeyword(absl::string_view said, absl::string_view english, absl::string_view translated) {
  if (absl::EqualsIgnoreCase(said, english)) return true;
  for (const absl::string_view spelling : absl::StrSplit(translated, '|')) {
    if (absl::EqualsIgnoreCase(said, spelling)) return true;
  }
  return false;
}

std::string ShownKeyword(absl::string_view translated) {
  return std::string(translated.substr(0, translated.find('|')));
}

std::string HelpText(const Place& place, absl::string_view domain, const Words& words,
                     bool with_files) {
  const std::string sending =
      with_files ? absl::StrCat(texts::HowToSendLater(words), "\n\n", texts::HowToAttach(words))
                 : texts::HowToSendLater(words);
  if (place.kind == Place::Kind::kAddress) {
    return absl::StrCat(texts::WritesTo(words, place.address.Spec()), "\n\n", sending);
  }
  if (place.kind == Place::Kind::kAccount) {
    return absl::StrJoin(AccountHelp(place, domain, words, with_files), "\n\n");
  }
  const std::string keywords = absl::StrJoin(
      {texts::HowToCommand(words), texts::HowToSeeTimes(words), texts::HowToSeeSending(words),
       texts::HowToSeeOutbox(words), texts::HowToRule(words), texts::HowToGetHelp(words)},
      "\n");
  return absl::StrJoin(
      {texts::HowToWrite(words, domain), sending, keywords, texts::CommandsOfGateway(words)},
      "\n\n");
}

}  // namespace postern::xmpp_edge
