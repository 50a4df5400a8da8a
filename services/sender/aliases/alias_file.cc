#include "services/sender/aliases/alias_file.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/sealed_file.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/sender/operator_file.h"
#include "services/sender/sealed_text.h"

namespace postern::sender {
namespace {

auto& refused =
    metrics::Counter("postern_sender_files_refused_total",
                     "Files of the operator that could not be put in force", {{"file", "aliases"}});

constexpr std::chrono::seconds kLookEvery{2};

}  // namespace

absl::Status AliasFile::Refresh() {
  auto bytes = file_.Refresh();
  if (bytes.ok() && !*bytes) return absl::OkStatus();
  const absl::Status status = bytes.ok() ? PutInForce(std::move(**bytes)) : bytes.status();
  problem_ = std::string(status.message());
  return status;
}

absl::Status AliasFile::PutInForce(std::string bytes) {
  const bool sealed = crypto::IsSealedFile(bytes);
  auto text = TextOf(std::move(bytes), file_.path(), key_file_, crypto::FileKind::kPasswords);
  if (!text.ok()) return text.status();
  if (!mail::IsUtf8(text->Reveal())) {
    std::string as_utf8 = mail::ToUtf8(text->Reveal(), "windows-1252");
    *text = crypto::Secret(as_utf8);
    crypto::Wipe(as_utf8);
  }
  auto table = AliasTable::Parse(text->Reveal(), local_domains_);
  if (!table.ok()) return InFile(file_.path(), table.status());
  table_ = std::make_shared<const AliasTable>(*std::move(table));
  if (file_.open_to_all() && !sealed) {
    log::Warn("everybody on this machine can read the passwords in the file of aliases",
              {{"file", file_.path()}});
  }
  for (const std::string& warning : table_->warnings()) {
    log::Warn("an alias may not be what was meant",
              {{"at", absl::StrCat(file_.path(), ":", warning)}});
  }
  log::Info("aliases in force",
            {{"file", file_.path()}, {"users", table_->users()}, {"aliases", table_->aliases()}});
  return absl::OkStatus();
}

net::Task<void> AliasFile::Watch() {
  if (file_.path().empty()) co_return;
  for (;;) {
    if (const absl::Status status = Refresh(); !status.ok()) {
      refused.Increment();
      log::Error("the file of aliases can't be used; those before stay in force",
                 {{"error", status.message()}});
    }
    co_await net::Sleep(kLookEvery);
  }
}

}  // namespace postern::sender
