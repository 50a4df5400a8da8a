#pragma once

#include <string>

namespace postern::net {

// The first error that OpenSSL has noted on this thread, in words; "connection closed" for none.
// All are forgotten.
std::string TakeOpenSslError();

}  // namespace postern::net
