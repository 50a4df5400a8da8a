#include "services/rules/sieve_port/certificate.h"

#include <chrono>
#include <utility>

#include "lib/crypto/secret_box.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"

namespace postern::rules {
namespace {

constexpr std::chrono::seconds kLookEvery{10};
constexpr size_t kMostBytes = 256 * 1024;

bool IsNew(process::WatchedFile& file) {
  auto read = file.Refresh();
  if (!read.ok()) return true;  // the one who loads it says why
  if (!*read) return false;
  crypto::Wipe(**read);
  return true;
}

}  // namespace

Certificate::Certificate(const std::string& certificate_file, const std::string& key_file)
    : certificate_(certificate_file, kMostBytes), key_(key_file, kMostBytes) {}

bool Certificate::HasChanged() {
  const bool certificate = IsNew(certificate_), key = IsNew(key_);
  return certificate || key;
}

absl::Status Certificate::Load() {
  if (certificate_.path().empty()) return absl::OkStatus();
  HasChanged();  // as they are now is what is read
  auto tls = net::ServerTls::FromFiles(certificate_.path(), key_.path());
  if (!tls.ok()) return tls.status();
  current_ = std::make_shared<const net::ServerTls>(*std::move(tls));
  return absl::OkStatus();
}

void Certificate::Look() {
  if (!HasChanged()) return;
  const absl::Status loaded = Load();
  if (loaded.ok()) {
    log::Info("a new certificate is in use", {{"file", certificate_.path()}});
  } else {
    log::Error("a new certificate can't be used; the one before stays in use",
               {{"error", loaded.message()}});
  }
}

net::Task<void> Certificate::Watch() {
  if (certificate_.path().empty()) co_return;
  for (;;) {
    co_await net::Sleep(kLookEvery);
    Look();
  }
}

}  // namespace postern::rules
