#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"
#include "lib/crypto/signing_key.h"
#include "services/posternctl/nouns.h"

namespace postern::posternctl {
namespace {

struct Wanted {
  std::string domain, selector, file, type = "rsa";
};

constexpr size_t kStringBytes = 255;  // of a TXT record; RFC 1035 section 3.3.14

// A new file that only its owner reads; one that is there may be in use.
absl::Status WriteSecret(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("--file: ", path, ": ", std::strerror(errno), "; nothing was changed"));
  }
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool kept = written == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (kept) return absl::OkStatus();
  ::unlink(path.c_str());
  return absl::UnavailableError(absl::StrCat("--file: ", path, ": can't be written"));
}

// RFC 6376 section 3.6.1.
std::string RecordOf(const crypto::SigningKey& key) {
  const bool rsa = key.kind() == crypto::SigningKey::Kind::kRsa;
  return absl::StrCat("v=DKIM1; k=", rsa ? "rsa" : "ed25519",
                      "; p=", absl::Base64Escape(key.PublicKey()));
}

// As a zone file has it: strings of bounded length, which belong together.
std::string Quoted(absl::string_view record) {
  std::string quoted;
  while (!record.empty()) {
    absl::StrAppend(&quoted, quoted.empty() ? "" : " ", "\"", record.substr(0, kStringBytes), "\"");
    record.remove_prefix(std::min(kStringBytes, record.size()));
  }
  return quoted;
}

absl::Status NewDkimKey(Session& session, const Wanted& wanted) {
  const auto kind =
      wanted.type == "rsa" ? crypto::SigningKey::Kind::kRsa : crypto::SigningKey::Kind::kEd25519;
  auto key = crypto::SigningKey::New(kind);
  if (!key.ok()) return key.status();
  std::string pem = key->ToPem();
  absl::Status written = WriteSecret(wanted.file, pem);
  crypto::Wipe(pem);
  if (!written.ok()) return written;
  const std::string name = absl::StrCat(wanted.selector, "._domainkey.", wanted.domain, ".");
  const std::string record = RecordOf(*key);
  // Nothing of it needs escaping.
  session.out() << (session.json ? absl::StrCat("{\n \"name\": \"", name, "\",\n \"record\": \"",
                                                record, "\"\n}")
                                 : absl::StrCat(name, " IN TXT ", Quoted(record)))
                << "\n";
  return absl::OkStatus();
}

std::string CheckName(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 200 && name.front() != '.' &&
                    name.back() != '.' && name.find("..") == std::string::npos &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-._") == std::string::npos;
  return good ? "" : "letters, digits, '-' and dots between them; others in their xn-- form";
}

}  // namespace

void AddDkim(Nouns& nouns, CLI::App& key) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& verb = nouns.AddVerb(
      key, "dkim", "Make a key that signs mail, and print its DNS record",
      "The private key goes into a new file for --dkim-key-file, readable for you alone: give it\n"
      "to the user that the sender runs as. Mail is to be signed when the record is in DNS. This\n"
      "needs no server.\n\n"
      "Example:\n"
      "  posternctl key dkim --domain example.org --selector mail2026 --file dkim.pem\n",
      [wanted](Session& session) { return NewDkimKey(session, *wanted); });
  verb.add_option("--domain", wanted->domain, "of the addresses that mail is from")
      ->required()
      ->check(CheckName);
  verb.add_option("--selector", wanted->selector, "a name for the key, such as mail2026")
      ->required()
      ->check(CheckName);
  verb.add_option("--file", wanted->file, "where the private key is written; must not exist")
      ->required();
  verb.add_option("--type", wanted->type, "rsa, which everybody reads, or ed25519")
      ->check(CLI::IsMember({"rsa", "ed25519"}))
      ->capture_default_str();
}

}  // namespace postern::posternctl
