// What hostile mails cost: milliseconds of ParseMail, the best of five, and what memory grew by
// at most meanwhile.
//
//   bench_mime_bombs
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/mail/mime_parser.h"

namespace postern::bench {
namespace {

std::string Repeat(absl::string_view piece, size_t count) {
  std::string text;
  text.reserve(piece.size() * count);
  for (size_t i = 0; i < count; ++i) text.append(piece.data(), piece.size());
  return text;
}

std::string Nested(int depth) {
  std::string mail = "Subject: deep\r\n";
  for (int i = 0; i < depth; ++i) {
    absl::StrAppend(&mail, "Content-Type: multipart/mixed; boundary=b", i, "\r\n\r\n--b", i,
                    "\r\n");
  }
  return mail + "\r\nhello\r\n";
}

std::vector<std::pair<const char*, std::string>> Bombs() {
  const std::string part = "--b\r\nContent-Type: image/gif\r\n\r\nx\r\n";
  std::string pieces = "Content-Disposition: attachment";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&pieces, ";\r\n filename*", i, "*=%41");
  return {
      {"depth 10^4", Nested(10'000)},
      {"depth 10^5", Nested(100'000)},
      {"10^5 parts",
       "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + Repeat(part, 100'000) + "--b--\r\n"},
      {"10^5 addresses in a field",
       "To: " + Repeat("ann@example.org,\r\n ", 100'000) + "\r\n\r\nhi"},
      {"10^5 address fields", Repeat("To: ann@example.org\r\n", 100'000) + "\r\nhi"},
      {"10-MB header line", "X: " + Repeat("x", 10'000'000) + "\r\n\r\nhi"},
      {"10-MB header of lines", Repeat("X: y\r\n", 1'700'000) + "\r\nhi"},
      {"10^5 RFC 2231 pieces", pieces + "\r\n\r\nhi"},
      {"10^5 encoded words", "Subject: " + Repeat("=?utf-8?B?YQ==?=\r\n ", 100'000) + "\r\n\r\nhi"},
      {"10 MB of bad base64",
       "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
           Repeat("=!\xFF\r\n", 2'000'000)},
      {"10 MB of bad UTF-8",
       "Content-Type: text/plain; charset=utf-8\r\n\r\n" + Repeat("\xF0\x80\xFF\r\n", 2'000'000)},
  };
}

long PeakKib() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return use.ru_maxrss;
}

// Of this process from now on.
void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

double Milliseconds(const std::string& mail) {
  const auto begun = std::chrono::steady_clock::now();
  const mail::Mail parsed = mail::ParseMail(mail);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  return parsed.text.size() + 1 > 0 ? took.count() : 0;
}

}  // namespace
}  // namespace postern::bench

int main() {
  using namespace postern::bench;
  for (const auto& [name, mail] : Bombs()) {
    malloc_trim(0);
    ForgetPeak();
    const long before = PeakKib();
    double best = Milliseconds(mail);
    const long grown = PeakKib() - before;
    for (int i = 0; i < 4; ++i) best = std::min(best, Milliseconds(mail));
    std::printf("%-28s %6.1f MB %8.1f ms %8.1f MiB more\n", name, mail.size() / 1e6, best,
                grown / 1024.0);
  }
}
