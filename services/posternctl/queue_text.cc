#include "services/posternctl/queue_text.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using sender::v1::QueuedMail;

constexpr int kShownRecipients = 10;

// "ann@example.org to bob@example.net, carol@example.net"
std::string OwnerAndRecipients(const QueuedMail& mail) {
  const auto& all = mail.pending_recipients();
  if (all.empty()) return mail.owner();
  const int shown = std::min(all.size(), kShownRecipients);
  const std::string more =
      shown < all.size() ? absl::StrCat(" and ", all.size() - shown, " more") : "";
  return absl::StrCat(mail.owner(), " to ", absl::StrJoin(all.begin(), all.begin() + shown, ", "),
                      more);
}

std::string StateOf(const QueuedMail& mail) {
  return absl::StrCat(Words(mail.state()), mail.uncertain() ? ", uncertain" : "");
}

std::string Counted(uint64_t mails) { return absl::StrCat(mails, mails == 1 ? " mail" : " mails"); }

}  // namespace

void PrintQueue(std::ostream& out, const sender::v1::ListQueueResponse& list) {
  Table table({"ID", ">AGE", ">SIZE", "STATE", ">TRIES", "NEXT TRY"});
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  uint64_t bytes = 0;
  for (const QueuedMail& mail : list.mails()) {
    table.Add({mail.queue_id(), AgeWords(mail.submitted_unix(), now), SizeWords(mail.size()),
               Words(mail.state()), absl::StrCat(mail.attempts()),
               TimeWords(mail.next_attempt_unix())});
    table.Note(OwnerAndRecipients(mail));
    if (mail.uncertain()) table.Note("uncertain: the server may have taken it already");
    table.Note(mail.last_error());
    bytes += mail.size();
  }
  table.Print(out, list.total() == 0 ? "The queue is empty." : "No such mail.");
  if (list.mails().empty()) return;
  const uint64_t shown = static_cast<uint64_t>(list.mails_size());
  out << Counted(shown) << ", " << SizeWords(bytes);
  if (shown < list.total()) out << "; there are " << list.total() << " in the queue";
  out << (list.next().empty() ? ".\n" : ". Not all that fit are shown (--limit).\n");
}

void PrintMail(std::ostream& out, const sender::v1::ShowQueuedResponse& answer) {
  const QueuedMail& mail = answer.mail();
  Card card;
  card.Add("id", mail.queue_id());
  card.Add("message id", mail.message_id());
  card.Add("owner", mail.owner());
  card.Add("account", answer.account().empty() ? mail.account_id() : answer.account());
  card.Add("state", StateOf(mail));
  card.Add("from", mail.from());
  card.Add("still to", absl::StrJoin(mail.pending_recipients(), ", "));
  card.Add("size", SizeWords(mail.size()));
  card.Add("submitted", TimeWords(mail.submitted_unix()));
  card.Add("tries", absl::StrCat(mail.attempts()));
  card.Add("next try", TimeWords(mail.next_attempt_unix()));
  card.Add("why", mail.last_error());
  card.Print(out);
  if (mail.uncertain()) {
    out << "\nAn attempt ended before the server's last answer: the mail may have been "
           "taken, and may arrive twice.\n";
  }
  if (answer.header().empty()) return;
  out << "\n";
  for (absl::string_view line : absl::StrSplit(answer.header(), "\r\n", absl::SkipEmpty())) {
    PrintLine(out, line);
  }
}

}  // namespace postern::posternctl
