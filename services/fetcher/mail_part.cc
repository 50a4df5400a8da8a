#include "services/fetcher/mail_part.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/attachment_body.h"
#include "lib/net/deadline.h"
#include "services/fetcher/imap/body_structure.h"
#include "services/fetcher/mail_outline.h"
#include "services/fetcher/mail_reading.h"

namespace postern::fetcher {

namespace {

// Asked for at once: a round trip each, and the memory that a reader costs.
constexpr uint64_t kPieceBytes = 256 * 1024;
constexpr size_t kMostHandedOn = 64 * 1024;

mail::Attachment WholeMail(uint64_t size) {
  mail::Attachment about;
  about.content_type = "message/rfc822";
  about.size = size;
  return about;
}

}  // namespace

Pace::Pace() : begun_(std::chrono::steady_clock::now()) {}

net::Duration Pace::Left() const {
  const std::chrono::seconds allowed =
      kHeadStart + std::chrono::seconds(bytes_ / kSlowestBytesPerSecond);
  const net::Duration spent = std::chrono::steady_clock::now() - begun_;
  return std::max<net::Duration>(allowed - spent, net::Duration::zero());
}

// --- on their way to the reader -----------------------------------------------------

PartPieces::PartPieces(mail::Attachment about, absl::string_view encoding, const MailPartSink& sink)
    : about_(std::move(about)), decoder_(encoding), sink_(sink) {}

net::Task<absl::Status> PartPieces::Send(std::string bytes) {
  MailPart part;
  part.about = std::exchange(about_, std::nullopt);
  part.bytes = std::move(bytes);
  co_return co_await net::WithDeadline(pace_.Left(), sink_(std::move(part)));
}

net::Task<absl::Status> PartPieces::Put(std::string encoded) {
  const std::string decoded = decoder_.Decode(encoded);
  for (size_t at = 0; at < decoded.size(); at += kMostHandedOn) {
    absl::Status sent = co_await Send(decoded.substr(at, kMostHandedOn));
    if (!sent.ok()) co_return sent;
  }
  pace_.Note(encoded.size());
  co_return absl::OkStatus();
}

net::Task<absl::Status> PartPieces::End() {
  std::string nothing;
  if (about_) co_return co_await Send(std::move(nothing));
  co_return absl::OkStatus();
}

net::Task<absl::Status> SendPart(absl::string_view message, uint64_t attachment,
                                 const MailPartSink& sink) {
  mail::AttachmentBody body;
  body.bytes = message;
  body.about = WholeMail(message.size());
  if (attachment > 0) {
    auto found = mail::FindAttachment(message, attachment);
    if (!found) co_return NoSuchAttachment();
    body = *std::move(found);
  }
  PartPieces pieces(std::move(body.about), body.encoding, sink);
  for (size_t at = 0; at < body.bytes.size(); at += kPieceBytes) {
    std::string piece(body.bytes.substr(at, kPieceBytes));
    if (absl::Status s = co_await pieces.Put(std::move(piece)); !s.ok()) co_return s;
  }
  co_return co_await pieces.End();
}

// --- from an IMAP server ----------------------------------------------------------

net::Task<absl::StatusOr<std::optional<std::string>>> PartStreamer::FetchPiece(
    const std::string& section, uint64_t offset, uint64_t most) {
  const std::string items = absl::StrCat("UID BODY.PEEK[", section, "]<", offset, ".", most, ">");
  auto data = co_await session_.FetchOne(uid_, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* bytes = (*data)->Find(section);
  if (bytes == nullptr && offset == 0) co_return std::nullopt;
  std::string piece = bytes == nullptr ? std::string() : *bytes;  // NIL: there is no more
  if (piece.size() > most) co_return absl::DataLossError("imap: more of a part than asked for");
  co_return std::move(piece);
}

net::Task<absl::Status> PartStreamer::StreamSection(const std::string& section,
                                                    PartPieces& pieces) {
  for (uint64_t offset = 0; offset < kMaxBytes;) {
    auto piece =
        co_await net::WithDeadline(pieces.pace().Left(), FetchPiece(section, offset, kPieceBytes));
    if (!piece.ok()) co_return piece.status();
    if (!piece->has_value()) co_return MailIsGone();
    const size_t size = (*piece)->size();
    if (absl::Status s = co_await pieces.Put(**std::move(piece)); !s.ok()) co_return s;
    if (size < kPieceBytes) co_return co_await pieces.End();
    offset += size;
  }
  co_return absl::DataLossError("imap: a part that never ends");
}

net::Task<absl::Status> PartStreamer::StreamWhole(uint64_t size) {
  PartPieces pieces(WholeMail(size), "", sink_);
  const std::string all;
  co_return co_await StreamSection(all, pieces);
}

net::Task<absl::Status> PartStreamer::StreamSmall(uint64_t attachment) {
  const std::string all;
  auto message = co_await FetchPiece(all, 0, kWholeBytes);
  if (!message.ok()) co_return message.status();
  if (!message->has_value()) co_return MailIsGone();
  co_return co_await SendPart(**message, attachment, sink_);
}

net::Task<absl::Status> PartStreamer::StreamLarge(uint64_t attachment) {
  const std::string items = "UID BODYSTRUCTURE";
  auto data = co_await session_.FetchOne(uid_, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return MailIsGone();
  // Without a structure mails are listed by their beginnings (mail_reading.cc), and so is this.
  if (!(*data)->structure) co_return co_await StreamSmall(attachment);
  const auto root = imap::ParseBodyStructure(*(*data)->structure);
  if (!root.ok()) co_return co_await StreamSmall(attachment);
  std::vector<OutlinedAttachment> attachments = AttachmentsOf(*root);
  if (attachment > attachments.size() || attachments[attachment - 1].section.empty()) {
    co_return NoSuchAttachment();
  }
  OutlinedAttachment& found = attachments[attachment - 1];
  PartPieces pieces(std::move(found.about), found.encoding, sink_);
  co_return co_await StreamSection(found.section, pieces);
}

net::Task<absl::Status> PartStreamer::Run(uint64_t attachment) {
  const std::string items = "UID RFC822.SIZE";
  auto facts = co_await session_.FetchOne(uid_, items);
  if (!facts.ok()) co_return facts.status();
  if (!facts->has_value()) co_return MailIsGone();
  const uint64_t size = (*facts)->size.value_or(0);
  if (attachment == 0) co_return co_await StreamWhole(size);
  if (size > kWholeBytes) co_return co_await StreamLarge(attachment);
  co_return co_await StreamSmall(attachment);
}

}  // namespace postern::fetcher
