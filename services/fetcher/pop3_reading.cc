#include "services/fetcher/pop3_reading.h"

#include <utility>

namespace postern::fetcher {

namespace {

constexpr size_t kTogetherMails = 32;
constexpr uint64_t kTogetherBytes = 1024 * 1024;
constexpr size_t kMostRead = 8 * 1024 * 1024;  // of one that is larger than the server said

std::vector<uint32_t> NumbersOfWhole(const std::vector<WantedMail>& wanted) {
  std::vector<uint32_t> numbers;
  for (const WantedMail& mail : wanted) {
    if (mail.depth != Depth::kAll || numbers.size() >= kTogetherMails) break;
    numbers.push_back(mail.facts.uid);
  }
  return numbers;
}

// Those at the front that are small enough to be had together.
std::vector<pop3::NumberAndOctets> Together(const std::vector<uint32_t>& numbers,
                                            const std::vector<absl::StatusOr<uint64_t>>& sizes) {
  std::vector<pop3::NumberAndOctets> mails;
  uint64_t bytes = 0;
  for (size_t i = 0; i < sizes.size() && sizes[i].ok(); ++i) {
    bytes += *sizes[i];
    if (bytes > kTogetherBytes) break;
    mails.push_back(pop3::NumberAndOctets{numbers[i], *sizes[i]});
  }
  return mails;
}

ReadMails Broken(absl::Status status) {
  ReadMails read;
  read.status = std::move(status);
  read.sure = false;  // the server may have been ahead of what came
  return read;
}

net::Task<ReadMails> ReadFirst(pop3::Session& session, WantedMail first) {
  auto mail = co_await ReadMail(session, std::move(first));
  co_return JustOne(std::move(mail));
}

}  // namespace

net::Task<ReadMails> ReadSome(pop3::Session& session, std::vector<WantedMail> wanted) {
  std::vector<uint32_t> numbers = NumbersOfWhole(wanted);
  if (numbers.size() < 2 || !session.CanPipeline()) {
    co_return co_await ReadFirst(session, wanted.front());
  }
  auto sizes = co_await session.SizesOf(numbers);
  if (!sizes.ok()) co_return Broken(sizes.status());
  const std::vector<pop3::NumberAndOctets> mails = Together(numbers, *sizes);
  if (mails.size() < 2) co_return co_await ReadFirst(session, wanted.front());
  pop3::Session::Texts texts = co_await session.RetrieveSeveral(mails, kWholeBytes, kMostRead);
  ReadMails read;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (absl::IsFailedPrecondition(texts[i].status())) {
      // Alone it is refused again, and then it is known which one it was.
      if (i == 0) co_return co_await ReadFirst(session, wanted.front());
      co_return read;
    }
    if (!texts[i].ok()) {
      read.status = texts[i].status();
      read.sure = false;
      co_return read;
    }
    MailFacts facts = wanted[i].facts;
    facts.size = mails[i].octets;
    read.mails.push_back(MailOf(*texts[i], facts));
    if (wanted[i].raw) *wanted[i].raw = std::move(texts[i]->bytes);
    texts[i]->bytes = std::string();
  }
  co_return read;
}

}  // namespace postern::fetcher
