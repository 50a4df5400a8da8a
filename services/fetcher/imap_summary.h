#pragma once

#include "services/fetcher/imap/fetch_data.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// Without the mail's text: who, what, when.
inline constexpr char kSummaryItems[] =
    "UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)]";

// What an answer to these says, but for the id.
MailSummary SummaryOf(const imap::FetchData& data);

}  // namespace postern::fetcher
