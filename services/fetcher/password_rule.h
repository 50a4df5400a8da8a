#pragma once

namespace postern::fetcher {

// What a password needs before it may travel to a mail server.
enum class PasswordRule { kEncryptedOnly, kAnyConnection };

}  // namespace postern::fetcher
