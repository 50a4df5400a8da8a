#include "services/fetcher/effects/notification.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"

namespace postern::fetcher {

namespace {

using rules::v1::Action;

constexpr size_t kMaxText = 16 * 1024, kMaxLine = 500, kMaxRecipients = 8;

std::string Line(absl::string_view text) {
  return mail::CleanLine(mail::CutUtf8(mail::CleanLine(text), kMaxLine));
}

std::string Text(absl::string_view text) {
  return mail::CleanText(mail::CutUtf8(mail::CleanText(text), kMaxText));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 3986 section 2.1. What is no triplet stays.
std::string PercentDecoded(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool triplet = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                         HexDigit(text[i + 2]) >= 0;
    if (triplet) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

struct Uri {
  std::string path;                          // as it stands
  std::map<std::string, std::string> query;  // decoded; names lower case
};

std::optional<Uri> ReadUri(absl::string_view text, absl::string_view scheme, char separator) {
  if (!absl::StartsWithIgnoreCase(text, scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  text = text.substr(0, text.find('#'));
  Uri uri;
  const size_t mark = text.find('?');
  uri.path = std::string(text.substr(0, mark));
  if (mark == text.npos) return uri;
  for (absl::string_view pair : absl::StrSplit(text.substr(mark + 1), separator)) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    uri.query[absl::AsciiStrToLower(pair.substr(0, equals))] =
        PercentDecoded(pair.substr(equals + 1));
  }
  return uri;
}

// RFC 5437 leaves it to us what is said when nobody says what.
std::string Summary(const NotifiedMail& mail) {
  const std::string from = Line(mail.from), subject = Line(mail.subject);
  return absl::StrCat(from.empty() ? "?" : from, ": ", subject);
}

std::string Find(const Uri& uri, const std::string& name) {
  const auto found = uri.query.find(name);
  return found == uri.query.end() ? "" : found->second;
}

// "body=…" of the options (RFC 5435 section 3.5 leaves their names to us); empty: it is not there.
std::string Option(const Action::Notify& notify, absl::string_view name) {
  for (const std::string& option : notify.options()) {
    absl::string_view value = option;
    if (absl::ConsumePrefix(&value, name) && absl::ConsumePrefix(&value, "=")) {
      return std::string(value);
    }
  }
  return "";
}

// Those that are not known yet, of a decoded list: a comma between two may be written as %2C.
// False: one can't be read, or there are too many.
bool AddAddresses(const std::string& list, std::set<std::string>& known,
                  std::vector<mail::Address>& addresses) {
  if (absl::StripAsciiWhitespace(list).empty()) return true;
  auto read = mail::ParseAddressList(list, kMaxRecipients);
  if (!read.ok()) return false;
  for (mail::Address& address : *read) {
    if (known.insert(address.Spec()).second) addresses.push_back(std::move(address));
  }
  return known.size() <= kMaxRecipients;
}

// "user@host" or "host", no resource; what it may hold is looked at by the edge.
std::string BareJid(absl::string_view path) {
  if (absl::StartsWith(path, "//")) {  // the account to send from: ours alone
    path.remove_prefix(2);
    const size_t slash = path.find('/');
    path = slash == path.npos ? absl::string_view() : path.substr(slash + 1);
  }
  const size_t resource = path.find('/');
  return PercentDecoded(path.substr(0, resource));
}

const char* Urgency(uint32_t importance) {
  if (importance == 1) return "high";
  return importance == 3 ? "low" : "medium";
}

}  // namespace

absl::StatusOr<edge::v1::NotifyRequest> XmppNotification(const Action& action,
                                                         const NotifiedMail& mail) {
  const Action::Notify& notify = action.notify();
  const std::optional<Uri> uri = ReadUri(notify.method(), "xmpp:", ';');
  if (!uri || BareJid(uri->path).empty()) {
    return absl::InvalidArgumentError("notify: the xmpp: URI names nobody");
  }
  edge::v1::NotifyRequest request;
  request.set_notification_id(action.key());
  request.set_to(BareJid(uri->path));
  const std::string type = Option(notify, "type");
  request.set_chat(type == "chat");
  request.set_headline(!request.chat() && type != "normal" && Find(*uri, "type") != "normal");
  request.set_subject(Line(Find(*uri, "subject")));
  std::string body = notify.message().empty() ? Find(*uri, "body") : notify.message();
  request.set_body(body.empty() ? Summary(mail) : Text(body));
  request.set_urgency(Urgency(notify.importance()));
  return request;
}

absl::StatusOr<MailNotification> MailtoNotification(const Action& action,
                                                    const NotifiedMail& mail) {
  const Action::Notify& notify = action.notify();
  const std::optional<Uri> uri = ReadUri(notify.method(), "mailto:", '&');
  if (!uri) return absl::InvalidArgumentError("notify: this is no mailto: URI");
  MailNotification made;
  std::set<std::string> known;
  const bool read = AddAddresses(PercentDecoded(uri->path), known, made.to) &&
                    AddAddresses(Find(*uri, "to"), known, made.to) &&
                    AddAddresses(Find(*uri, "cc"), known, made.cc);
  if (!read || known.empty()) {
    return absl::InvalidArgumentError("notify: the mailto: URI names nobody");
  }
  // RFC 5436 section 2.7: the message is the subject, before that of the URI.
  const std::string subject = Find(*uri, "subject");
  made.subject = Line(!notify.message().empty() ? absl::string_view(notify.message())
                      : !subject.empty()        ? absl::string_view(subject)
                                                : absl::string_view(Summary(mail)));
  std::string body = Find(*uri, "body");
  if (body.empty()) body = Option(notify, "body");
  made.text = body.empty() ? absl::StrCat(Summary(mail), "\n") : Text(body);
  return made;
}

std::string WebhookJson(const Action& action, const NotifiedMail& mail) {
  google::protobuf::Struct json;
  const auto set = [&json](const char* name, const std::string& value) {
    (*json.mutable_fields())[name].set_string_value(value);
  };
  set("id", action.key());
  set("mail", mail.mail_id);
  set("user", mail.user);
  set("account", mail.account);
  set("from", Line(mail.from));
  set("subject", Line(mail.subject));
  set("message", std::string(mail::CutUtf8(Text(action.notify().message()), 1024)));
  set("importance", Urgency(action.notify().importance()));
  set("received",
      mail.received_unix == 0
          ? std::string()
          : absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(mail.received_unix),
                             absl::UTCTimeZone()));
  std::string text;
  (void)google::protobuf::util::MessageToJsonString(json, &text);  // a Struct can't fail
  return text;
}

}  // namespace postern::fetcher
