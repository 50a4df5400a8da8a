#include "services/sender/compose/draft_reader.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "lib/rpc/mail_codec.h"
#include "lib/schedule/wall_clock.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxZones = 1000;

// Whom a mail is from, and what such mail is signed with.
struct Face {
  mail::Address from;
  std::string signature;
};

template <class Repeated>
std::vector<mail::Address> Addresses(const Repeated& protos) {
  std::vector<mail::Address> addresses;
  for (const auto& proto : protos) addresses.push_back(rpc::FromProto(proto));
  return addresses;
}

// What the account is set up to send as; what can't be read is left out.
std::vector<Face> FacesOf(const Account& account) {
  std::vector<Face> faces;
  for (const Identity& identity : account.sending.identities) {
    auto from = mail::ParseAddress(identity.from);
    if (from.ok()) faces.push_back({*std::move(from), identity.signature});
  }
  return faces;
}

bool IsSame(const mail::Address& a, const mail::Address& b) {
  return a.local_part == b.local_part &&
         absl::AsciiStrToLower(a.domain) == absl::AsciiStrToLower(b.domain);
}

// The operator's relay would take mail in anybody's name: those that admin has checked count.
absl::Status NotAllowed(const std::vector<Face>& allowed) {
  const std::string specs = absl::StrJoin(
      allowed, ", ", [](std::string* out, const Face& face) { out->append(face.from.Spec()); });
  return words::Error(absl::StatusCode::kInvalidArgument,
                      words::Word("this account sends only as $0; leave the From line out", specs));
}

absl::StatusOr<Face> FaceOf(const v1::Draft& proto, const Account& account) {
  std::vector<Face> faces = FacesOf(account);
  auto own = DefaultFrom(account);
  const bool needs_own = !proto.has_from() || account.by_site_relay;
  if (needs_own && !own.ok()) return own.status();
  if (own.ok()) faces.push_back({*own, ""});
  mail::Address from = proto.has_from() ? rpc::FromProto(proto.from()) : *own;
  for (Face& face : faces) {
    if (!IsSame(face.from, from)) continue;
    if (!from.display_name.empty()) face.from.display_name = from.display_name;
    return std::move(face);
  }
  if (!account.by_site_relay) return Face{std::move(from), ""};
  if (faces.size() > 1) faces.pop_back();  // the account's own, which is the first one, too
  return NotAllowed(faces);
}

std::optional<Quote> QuoteOf(const v1::Draft& proto) {
  if (proto.quote().kind() == v1::Quote::KIND_UNSPECIFIED) return std::nullopt;
  Quote quote;
  quote.kind =
      proto.quote().kind() == v1::Quote::KIND_FORWARD ? Quote::Kind::kForward : Quote::Kind::kReply;
  quote.from = Addresses(proto.quote().from());
  quote.to = Addresses(proto.quote().to());
  quote.date_unix = proto.quote().date_unix();
  quote.subject = proto.quote().subject();
  quote.text = proto.quote().text();
  return quote;
}

AutoSubmitted AutoSubmittedOf(const v1::Draft& proto) {
  switch (proto.auto_submitted()) {
    case v1::AUTO_SUBMITTED_GENERATED:
      return AutoSubmitted::kGenerated;
    case v1::AUTO_SUBMITTED_REPLIED:
      return AutoSubmitted::kReplied;
    case v1::AUTO_SUBMITTED_NOTIFIED:
      return AutoSubmitted::kNotified;
    default:
      return AutoSubmitted::kNo;
  }
}

bool WantsHtml(const v1::Draft& proto, const Account& account) {
  if (proto.form() == admin::v1::BODY_FORM_UNSPECIFIED) {
    return account.sending.form == BodyForm::kHtml;
  }
  return proto.form() == admin::v1::BODY_FORM_HTML;
}

}  // namespace

absl::StatusOr<mail::Address> DefaultFrom(const Account& account) {
  auto from = mail::ParseAddress(account.default_from);
  if (from.ok()) return from;
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("the account has no usable From address; enter one in the account's settings"));
}

absl::TimeZone DraftReader::ZoneOf(const Account& account) {
  const std::string& name = account.sending.time_zone;
  if (name.empty()) return absl::UTCTimeZone();
  if (const auto known = zones_.find(name); known != zones_.end()) return known->second;
  if (zones_.size() >= kMaxZones) zones_.clear();
  const auto zone = schedule::FindZone(name);
  return zones_[name] = zone.ok() ? *zone : absl::UTCTimeZone();
}

absl::StatusOr<Draft> DraftReader::Read(const v1::Draft& proto, const Account& account) {
  auto face = FaceOf(proto, account);
  if (!face.ok()) return face.status();
  Draft draft;
  draft.from = std::move(face->from);
  if (!proto.no_signature()) draft.signature = std::move(face->signature);
  draft.to = Addresses(proto.to());
  draft.cc = Addresses(proto.cc());
  draft.bcc = Addresses(proto.bcc());
  draft.subject = proto.subject();
  draft.text = proto.text();
  draft.in_reply_to = proto.in_reply_to();
  draft.references.assign(proto.references().begin(), proto.references().end());
  for (const v1::Attachment& attachment : proto.attachments()) {
    draft.attachments.push_back({attachment.content(), attachment.file_name(),
                                 attachment.content_type(), attachment.content_id()});
  }
  draft.quote = QuoteOf(proto);
  draft.html = WantsHtml(proto, account);
  if (!account.sending.hide_jabber_id) draft.jabber_id = proto.jabber_id();
  draft.auto_submitted = AutoSubmittedOf(proto);
  draft.require_tls = proto.require_tls();
  draft.zone = ZoneOf(account);
  return draft;
}

}  // namespace postern::sender
