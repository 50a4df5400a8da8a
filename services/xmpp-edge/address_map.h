#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/jid.h"

namespace postern::xmpp_edge {

// What a JID at the gateway stands for, seen by one user. The tree of XMPP
// reference 1.1: the gateway, a type of account, an account, a folder of its mail
// server, a mail address.
struct Place {
  enum class Kind {
    kNowhere,  // no such place, or not this user's
    kRoot,     // gateway
    kType,     // gateway/IMAP
    kAccount,  // work@gateway, work@gateway/IMAP, work@gateway/IMAP/Lists/xmpp
    kAddress,  // ann\40example.org@gateway
  };
  Kind kind = Kind::kNowhere;
  admin::v1::AccountType type = admin::v1::ACCOUNT_TYPE_UNSPECIFIED;  // kType, kAccount
  AccountDirectory::Account account;                                  // kAccount
  // kAccount, IMAP: a folder, by its names from the top down; the mail server knows
  // whether it is there. Empty: the account itself.
  std::vector<std::string> folder;
  mail::Address address;  // kAddress
};

// Where a stanza to `jid` goes. A resource that names no type is not looked at.
// Some clients refuse to write to a bare domain: help@gateway stands for the root.
Place PlaceOf(const Jid& jid, const Jid& user, const AccountDirectory& directory);

// The same with a disco node ("IMAP", "IMAP/work", "IMAP/work/Lists/xmpp"), which counts
// before the JID. An unknown node is nowhere.
Place PlaceOf(const Jid& jid, absl::string_view node, const Jid& user,
              const AccountDirectory& directory);

// JMC's names: "IMAP", "POP3", "SMTP", "GlobalSMTP"; UNSPECIFIED for anything else.
admin::v1::AccountType TypeOfName(absl::string_view name);
std::string NameOfType(admin::v1::AccountType type);

}  // namespace postern::xmpp_edge
