#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace postern::rules {

// What evaluation may ask beside the mail. Known beforehand:
struct Facts {
  std::string owner;                       // bare JID
  std::string account;                     // the account's name
  std::string mailbox = "INBOX";           // where the mail lies
  std::vector<std::string> own_addresses;  // of the account, bare; the first is the main one
  std::string envelope_from;               // empty: unknown, or the null return path
  bool envelope_known = false;             // fetched mail has only Return-Path, if that
  std::vector<std::string> recipients;     // of the envelope; fetched mail: the account's addresses
                                           // that To and Cc name, else the main one
  std::vector<std::string>
      flags;            // of the mail in its mailbox; a suite's own: the internal variable
  absl::Time now;       // the same for a whole evaluation
  absl::TimeZone zone;  // the owner's
  absl::Time received;  // INTERNALDATE
  std::map<std::string, std::string>
      environment;  // RFC 5183: "host", "domain", "vnd.postern.presence": "dnd"
  bool outgoing = false;
  bool delivered_by_smtp = false;  // RFC 5429: a reject can be said in the session
  bool answers = true;             // else the mail is no news, and nobody is answered

  // And what only turns out to be needed: an evaluation that misses one goes on as if it
  // were "no" and names it; it is looked up, and the evaluation begins again. Pure, hence harmless.
  std::map<std::string, std::string> looked_up;  // FactKey -> its value
};

// "mailbox:Lists/dev" -> "yes"|"no"; "special-use:\\Junk" -> its mailbox, or "";
// "duplicate:HANDLE\nID" -> "yes"|"no"; "list:NAME\nADDRESS" -> "yes"|"no"; "lists:NAME" ->
// "yes"|"no" (it exists); "members:NAME" -> addresses, a line each; "metadata:MAILBOX\nANNOTATION"
// -> text; "run:HASH INDEX" (of a program, Origin::hash) -> exit code, then the file made, after a
// line feed; "notify:URI\nCAPABILITY" -> text; "mailbox-id:ID" -> mailbox.
using FactKey = std::string;

FactKey MailboxFact(const std::string& mailbox);
FactKey SpecialUseFact(const std::string& use);
FactKey MailboxIdFact(const std::string& id);
FactKey DuplicateFact(const std::string& handle, const std::string& id);
FactKey ListMemberFact(const std::string& list, const std::string& address);
FactKey ListExistsFact(const std::string& list);
FactKey ListMembersFact(const std::string& list);
FactKey MetadataFact(const std::string& mailbox, const std::string& annotation);
FactKey RunFact(const std::string& program_hash, uint32_t run);
FactKey NotifyFact(const std::string& method, const std::string& capability);

}  // namespace postern::rules
