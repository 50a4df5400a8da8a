#include "services/xmpp-edge/address_map.h"

#include <optional>
#include <utility>

#include "services/xmpp-edge/folder_path.h"
#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kRootAlias = "help";  // admin lets nobody name an account so

constexpr struct {
  admin::v1::AccountType type;
  const char* name;
} kTypeNames[] = {{admin::v1::ACCOUNT_TYPE_IMAP, "IMAP"},
                  {admin::v1::ACCOUNT_TYPE_POP3, "POP3"},
                  {admin::v1::ACCOUNT_TYPE_SMTP, "SMTP"},
                  {admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP, "GlobalSMTP"}};

// "IMAP/Lists/xmpp" taken apart at the first slash.
struct Branch {
  absl::string_view name, below;
  bool has_below = false;
};

Branch Split(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return {text, "", false};
  return {text.substr(0, slash), text.substr(slash + 1), true};
}

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

// What lies below an account, if that may be.
Place Below(Place place, absl::string_view path) {
  if (place.kind != Place::Kind::kAccount) return place;
  auto folder = DecodeFolderPath(path);
  if (place.type != admin::v1::ACCOUNT_TYPE_IMAP || !folder) return Place();
  place.folder = *std::move(folder);
  return place;
}

}  // namespace

Place PlaceOf(const Jid& jid, const Jid& user, const AccountDirectory& directory) {
  if (jid.local.empty()) return RootOrType(TypeOfName(jid.resource));
  if (std::optional<mail::Address> address = AddressOfLocalpart(jid.local)) {
    Place place;
    place.kind = Place::Kind::kAddress;
    place.address = *std::move(address);
    return place;
  }
  const Branch branch = Split(jid.resource);
  const admin::v1::AccountType type = TypeOfName(branch.name);
  Place place = AccountPlace(jid.local, type, user, directory);
  if (place.kind == Place::Kind::kNowhere && jid.local == kRootAlias) {
    place.kind = Place::Kind::kRoot;
  }
  const bool has_folder = type != admin::v1::ACCOUNT_TYPE_UNSPECIFIED && branch.has_below;
  return has_folder ? Below(std::move(place), branch.below) : place;
}

Place PlaceOf(const Jid& jid, absl::string_view node, const Jid& user,
              const AccountDirectory& directory) {
  if (node.empty()) return PlaceOf(jid, user, directory);
  const Branch of_type = Split(node);
  const admin::v1::AccountType type = TypeOfName(of_type.name);
  if (type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED) return Place();
  if (!of_type.has_below) return RootOrType(type);
  const Branch of_account = Split(of_type.below);
  Place place = AccountPlace(of_account.name, type, user, directory);
  return of_account.has_below ? Below(std::move(place), of_account.below) : place;
}

admin::v1::AccountType TypeOfName(absl::string_view name) {
  for (const auto& known : kTypeNames) {
    if (name == known.name) return known.type;
  }
  return admin::v1::ACCOUNT_TYPE_UNSPECIFIED;
}

std::string NameOfType(admin::v1::AccountType type) {
  for (const auto& known : kTypeNames) {
    if (type == known.type) return known.name;
  }
  return "";
}

}  // namespace postern::xmpp_edge
