#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/uploaded_file.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A chat message read as a mail. At the head of the body may stand lines
//
//   To: ann@example.org, Bob <bob@example.net>
//   Cc: …   Bcc: …   Subject: …   From: …   Send: …
//   Forward: … (or Fwd:)   Quote: yes (or nothing)
//
// in any order and case. The first line that is none of them ends the head; a
// blank line does too and is dropped, so a text that starts with "To: " can be
// sent by putting a blank line before it.
struct ChatMail {
  std::vector<mail::Address> to, cc, bcc;
  std::vector<mail::Address> forward;  // the mail that is answered goes on to them
  bool quote = false;                  // and stands below the answer
  std::string from;     // as written: an address, its name or that of an account; empty: not said
  std::string send_at;  // the Send: line, as written (send_time.h); empty: at once
  std::string subject;  // the Subject: line, else <subject/>; one line; empty: not said
  std::string text;     // LF line ends, no blank lines at the end

  std::vector<UploadedFile> files;  // to be attached; DraftComposer takes them out of `text`

  std::string id;              // origin-id (XEP-0359), else the stanza's id; may be empty
  std::string stanza_id;       // the stanza's id: what receipts and errors name
  std::string thread_id;       // <thread/>
  std::string reply_to_id;     // the message answered, XEP-0461; empty when none
  bool wants_receipt = false;  // XEP-0184
};

// The most addresses that one mail may go to.
inline constexpr size_t kMaxRecipients = 100;

// kInvalidArgument: a sentence for the author that names the line that can't be read.
absl::StatusOr<ChatMail> ReadChatMail(const Element& message, const Words& words);

// "Re: " once before the subject, whatever stood there ("RE: Re[2]: AW: x").
std::string AnswerSubject(absl::string_view subject);
// "Fwd: " once before the subject, whatever stood there ("FW: WG: x").
std::string ForwardSubject(absl::string_view subject);
// What a new mail without a subject is called: the beginning of its text.
std::string SubjectFromText(absl::string_view text);

// References of an answer: those of the mail and its own id (RFC 5322 section
// 3.6.4), cut to the first and the newest where a thread has grown endless.
std::vector<std::string> AnswerReferences(std::vector<std::string> references,
                                          absl::string_view message_id);

}  // namespace postern::xmpp_edge
