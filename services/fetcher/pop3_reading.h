#pragma once

#include <vector>

#include "lib/net/task.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher {

// Reads the first of these mails, and, where the server takes several commands at once, as
// many of the small ones behind it as are wanted whole: their sizes in one round trip, and
// they themselves in another. A mail that is refused is left to be asked for by itself.
net::Task<ReadMails> ReadSome(pop3::Session& session, std::vector<WantedMail> wanted);

}  // namespace postern::fetcher
