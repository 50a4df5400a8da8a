#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/mail/transfer_encoding.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// Whoever reads a part, or sends it, has to keep this up, from the beginning and over all.
class Pace {
 public:
  static constexpr std::chrono::seconds kHeadStart{35};
  static constexpr uint64_t kSlowestBytesPerSecond = 1024;

  Pace();
  void Note(uint64_t bytes) { bytes_ += bytes; }
  // How long the next step may take.
  net::Duration Left() const;

 private:
  const std::chrono::steady_clock::time_point begun_;
  uint64_t bytes_ = 0;
};

// Hands decoded bytes on in pieces of at most 64 KiB.
class PartPieces {
 public:
  PartPieces(mail::Attachment about, absl::string_view encoding, const MailPartSink& sink);

  // Takes some bytes of the part as they are in the mail.
  net::Task<absl::Status> Put(std::string encoded);
  // To be called once: a part may be empty.
  net::Task<absl::Status> End();
  Pace& pace() { return pace_; }

 private:
  net::Task<absl::Status> Send(std::string bytes);

  std::optional<mail::Attachment> about_;  // until it is said
  mail::TransferDecoder decoder_;
  const MailPartSink& sink_;
  Pace pace_;
};

// Reads a part of one mail of the mailbox that is open, by IMAP: bit by bit where the mail is
// one that is not fetched whole (mail_reading.h), so that the numbers of attachments agree.
class PartStreamer {
 public:
  static constexpr uint64_t kMaxBytes = 256 * 1024 * 1024;  // of a part, whatever a server says

  PartStreamer(imap::Session& session, uint32_t uid, MailPartSink sink)
      : session_(session), uid_(uid), sink_(std::move(sink)) {}

  // kCancelled: the sink's. Else kFailedPrecondition with a wording, or what the session says.
  net::Task<absl::Status> Run(uint64_t attachment);

 private:
  net::Task<absl::Status> StreamWhole(uint64_t size);
  net::Task<absl::Status> StreamSmall(uint64_t attachment);
  net::Task<absl::Status> StreamLarge(uint64_t attachment);
  net::Task<absl::Status> StreamSection(const std::string& section, PartPieces& pieces);
  // Nothing: the mail, or the section, is no longer there.
  net::Task<absl::StatusOr<std::optional<std::string>>> FetchPiece(const std::string& section,
                                                                   uint64_t offset, uint64_t most);

  imap::Session& session_;
  const uint32_t uid_;
  const MailPartSink sink_;
};

// The same of a mail that is there whole, which POP3 can't avoid.
net::Task<absl::Status> SendPart(absl::string_view message, uint64_t attachment,
                                 const MailPartSink& sink);

}  // namespace postern::fetcher
