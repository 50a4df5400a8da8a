#include "lib/http/transfer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_words.h"
#include "lib/http/url.h"

namespace postern::http {
namespace {

namespace ip = boost::asio::ip;

constexpr size_t kMaxAnswerBytes = 64 * 1024;
constexpr long kConnectMs = 10'000, kTotalMs = 20'000;
// A file's: as slow as a phone's upload, but it ends.
constexpr long kFileTotalMs = 120'000, kSlowestBytes = 1024, kSlowSeconds = 10;

long StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// Whether more of a file is wanted, by what the server says of it.
bool WantsMore(Transfer& transfer, size_t count) {
  if (StatusOf(transfer.easy) != 200) {
    transfer.enough = true;
    return false;
  }
  curl_off_t length = -1;
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  const size_t most = transfer.request.file_bytes;
  const size_t known = length > 0 ? static_cast<size_t>(length) : 0;
  transfer.too_large = known > most || transfer.answer.size() + count > most;
  if (!transfer.too_large && transfer.answer.empty()) transfer.answer.reserve(known);
  return !transfer.too_large;
}

size_t TakeAnswer(char* data, size_t size, size_t count, void* of) {
  Transfer& transfer = *static_cast<Transfer*>(of);
  const size_t bytes = size * count;
  if (transfer.request.file_bytes > 0) {
    if (!WantsMore(transfer, bytes)) return CURL_WRITEFUNC_ERROR;
  } else if (transfer.answer.size() + bytes > kMaxAnswerBytes) {
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.answer.append(data, bytes);
  return bytes;
}

ip::address AddressOf(const curl_sockaddr& dialled) {
  if (dialled.family == AF_INET && dialled.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, &dialled.addr, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  ip::address_v6::bytes_type bytes{};
  if (dialled.family == AF_INET6 && dialled.addrlen >= sizeof(sockaddr_in6)) {
    // curl_sockaddr ends in a sockaddr, behind which the rest of a larger address lies.
    const char* whole = reinterpret_cast<const char*>(&dialled.addr);
    std::memcpy(bytes.data(), whole + offsetof(sockaddr_in6, sin6_addr), bytes.size());
  }
  return ip::address_v6(bytes);
}

// The last word on where we connect: however curl reads a host's name ("0x7f.1" is 127.0.0.1),
// it dials what was judged.
curl_socket_t OpenJudged(void* of, curlsocktype, curl_sockaddr* dialled) {
  const auto& judged = static_cast<Transfer*>(of)->request.addresses;
  const ip::address address = AddressOf(*dialled);
  if (std::find(judged.begin(), judged.end(), address) == judged.end()) return CURL_SOCKET_BAD;
  return socket(dialled->family, dialled->socktype | SOCK_CLOEXEC, dialled->protocol);
}

// As CURLOPT_RESOLVE reads it; "+" lets the entry expire.
std::string Resolved(const Url& url, const Request& request) {
  const auto write = [](std::string* out, const ip::address& address) {
    out->append(address.is_v6() ? absl::StrCat("[", address.to_string(), "]")
                                : address.to_string());
  };
  return absl::StrCat("+", url.host, ":", url.port, ":",
                      absl::StrJoin(request.addresses, ",", write));
}

// A connection of before may be to another address than those that were judged now.
bool DialJudged(Transfer& transfer) {
  const auto url = ReadUrl(transfer.request.url);
  if (!url.ok()) return false;
  if (url->host.find(':') == std::string::npos) {
    transfer.resolved = curl_slist_append(nullptr, Resolved(*url, transfer.request).c_str());
    curl_easy_setopt(transfer.easy, CURLOPT_RESOLVE, transfer.resolved);
  }
  curl_easy_setopt(transfer.easy, CURLOPT_OPENSOCKETFUNCTION, &OpenJudged);
  curl_easy_setopt(transfer.easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(transfer.easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(transfer.easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(transfer.easy, CURLOPT_PROXY, "");
  return true;
}

void SayForm(CURL* easy, const crypto::Secret& form) {
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(form.Reveal().size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form.Reveal().c_str());  // not copied
}

void SayJson(CURL* easy, const std::string& json) {
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(json.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, json.c_str());  // not copied
}

void SayHeaders(Transfer& transfer) {
  const Request& request = transfer.request;
  if (!request.authorization.empty()) {
    const crypto::Secret header = crypto::Join({"Authorization: ", request.authorization.Reveal()});
    transfer.headers = curl_slist_append(nullptr, header.Reveal().c_str());
  }
  if (!request.accept.empty()) {
    const std::string accept = absl::StrCat("Accept: ", request.accept);
    transfer.headers = curl_slist_append(transfer.headers, accept.c_str());
  }
  if (request.json) {
    transfer.headers = curl_slist_append(transfer.headers, "Content-Type: application/json");
  }
  curl_easy_setopt(transfer.easy, CURLOPT_HTTPHEADER, transfer.headers);
}

void SayLimits(CURL* easy, bool is_file) {
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, is_file ? kFileTotalMs : kTotalMs);
  if (!is_file) return;
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowestBytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
}

std::string HeaderOf(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return "";
  return header->value;
}

void TellOfFile(Transfer& transfer, Answer& answer) {
  answer.content_disposition = HeaderOf(transfer.easy, "Content-Disposition");
  const char* redirect = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) answer.redirect = redirect;
}

absl::Status Failure(const Transfer& transfer) {
  if (transfer.too_large) return absl::ResourceExhaustedError("http: the file is too large");
  if (*transfer.result == CURLE_WRITE_ERROR) {
    return absl::UnavailableError("http: the answer is too long");
  }
  const char* why = transfer.why[0] != '\0' ? transfer.why : curl_easy_strerror(*transfer.result);
  return absl::UnavailableError(absl::StrCat("http: ", why));
}

}  // namespace

Transfer::~Transfer() {
  curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
  for (curl_slist* line = headers; line != nullptr; line = line->next) {
    for (volatile char* c = line->data; *c != '\0'; ++c) *c = ' ';
  }
  curl_slist_free_all(headers);
  curl_slist_free_all(resolved);
  crypto::Wipe(answer);
}

bool Prepare(Transfer& transfer, const std::string& ca_file) {
  CURL* easy = transfer.easy;
  const Request& request = transfer.request;
  if (easy == nullptr) return false;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  if (request.form) SayForm(easy, *request.form);
  if (request.json) SayJson(easy, *request.json);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  SayLimits(easy, request.file_bytes > 0);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "Postern");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeAnswer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.why);
  // The system's folder of CAs (CURLOPT_CAPATH) stays as it is compiled in.
  if (!ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
  SayHeaders(transfer);
  return request.addresses.empty() || DialJudged(transfer);
}

absl::StatusOr<Answer> Outcome(Transfer& transfer) {
  const bool whole = *transfer.result == CURLE_OK;
  if (!whole && !transfer.enough) return Failure(transfer);
  Answer answer;
  const char* type = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) answer.content_type = type;
  answer.status = static_cast<int>(StatusOf(transfer.easy));
  if (transfer.request.file_bytes > 0) {
    TellOfFile(transfer, answer);
    answer.body = std::move(transfer.answer);
  } else {
    answer.body = transfer.answer;  // what may be secret is wiped where it came to
  }
  return answer;
}

}  // namespace postern::http
