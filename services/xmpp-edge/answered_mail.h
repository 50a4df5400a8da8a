#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/xmpp-edge/thread_store.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// What is known of the mails that a message without a To: line may answer.
struct AnswerCandidates {
  bool names_message = false;         // it says which message it answers (XEP-0461)
  std::optional<MailThread> replied;  // that one, when it stands for a mail
  std::vector<MailThread> threaded;   // of its <thread/>, the last one first
  std::vector<MailThread> newest;     // from this contact, the last one first
};

struct AnsweredMail {
  MailThread mail;
  bool inferred = false;  // nothing named it: the author is told whom it went to
};

// Which mail it answers: the one it names, else the newest of its thread, else the
// newest from this contact. Refused with a sentence (kInvalidArgument) when there
// is none, and when mails of two people are so close to each other (a minute; in
// one thread a day) that the author may have meant either, however long they took
// to write: a mail to the wrong person can't be taken back.
absl::StatusOr<AnsweredMail> ChooseAnsweredMail(AnswerCandidates candidates, int64_t now_unix,
                                                const Words& words);

// Which mail it forwards, by the same order; never one that the user wrote, unless it is named.
// Refused when there is none, and when nothing named it and another mail is as close, whoever
// it is from: what the wrong people read can't be taken back.
absl::StatusOr<AnsweredMail> ChooseForwardedMail(AnswerCandidates candidates, int64_t now_unix,
                                                 const Words& words);

}  // namespace postern::xmpp_edge
