#include "services/xmpp-edge/address_map.h"

#include <optional>
#include <utility>

#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kRootAlias = "help";  // admin lets nobody name an account so

Place RootOrType(admin::v1::AccountType type) {
  Place place;
  place.kind =
      type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED ? Place::Kind::kRoot : Place::Kind::kType;
  place.type = type;
  return place;
}

// An account of this user; when `type` is given it must be of that type.
Place AccountPlace(absl::string_view name, admin::v1::AccountType type, const Jid& user,
                   const AccountDirectory& directory) {
  Place place;
  AccountDirectory::Account account = directory.Find(user.Bare(), name);
  if (account == nullptr) return place;
  if (type != admin::v1::ACCOUNT_TYPE_UNSPECIFIED && account->type() != type) return place;
  place.kind = Place::Kind::kAccount;
  place.type = account->type();
  place.account = std::move(account);
  return place;
}

}  // namespace

Place PlaceOf(const Jid& jid, const Jid& user, const AccountDirectory& directory) {
  const admin::v1::AccountType type = TypeOfName(jid.resource);
  if (jid.local.empty()) return RootOrType(type);
  if (std::optional<mail::Address> address = AddressOfLocalpart(jid.local)) {
    Place place;
    place.kind = Place::Kind::kAddress;
    place.address = *std::move(address);
    return place;
  }
  Place place = AccountPlace(jid.local, type, user, directory);
  if (place.kind == Place::Kind::kNowhere && jid.local == kRootAlias) {
    place.kind = Place::Kind::kRoot;
  }
  return place;
}

Place PlaceOf(const Jid& jid, absl::string_view node, const Jid& user,
              const AccountDirectory& directory) {
  if (node.empty()) return PlaceOf(jid, user, directory);
  const size_t slash = node.find('/');
  const admin::v1::AccountType type = TypeOfName(node.substr(0, slash));
  if (type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED) return Place();
  if (slash == absl::string_view::npos) return RootOrType(type);
  return AccountPlace(node.substr(slash + 1), type, user, directory);
}

admin::v1::AccountType TypeOfName(absl::string_view name) {
  if (name == "IMAP") return admin::v1::ACCOUNT_TYPE_IMAP;
  if (name == "POP3") return admin::v1::ACCOUNT_TYPE_POP3;
  if (name == "SMTP") return admin::v1::ACCOUNT_TYPE_SMTP;
  return admin::v1::ACCOUNT_TYPE_UNSPECIFIED;
}

std::string NameOfType(admin::v1::AccountType type) {
  switch (type) {
    case admin::v1::ACCOUNT_TYPE_IMAP:
      return "IMAP";
    case admin::v1::ACCOUNT_TYPE_POP3:
      return "POP3";
    case admin::v1::ACCOUNT_TYPE_SMTP:
      return "SMTP";
    default:
      return "";
  }
}

}  // namespace postern::xmpp_edge
