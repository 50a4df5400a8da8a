#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/sender/smtp/content_form.h"
#include "services/sender/smtp/conversation.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::smtp {

// The way of a mail's content to a server that waits for it. One is used for one mail, once.
// Errors of the content and of `before_dot` are handed on as they are.
class ContentTransfer {
 public:
  ContentTransfer(Conversation& server, ContentReader& content, Transaction& transaction,
                  BeforeDot* before_dot)
      : server_(server), content_(content), transaction_(transaction), before_dot_(before_dot) {}

  // Behind DATA, to the final dot and its answer; a small mail in one write.
  net::Task<absl::StatusOr<Reply>> AsData();

  // By BDAT, to the answer to the last chunk, or to the first that was refused. `many`: the
  // server bears chunks that come before it has answered the one before (RFC 2920).
  net::Task<absl::StatusOr<Reply>> InChunks(bool many);

  // The first line as a chunk. A server that does not know BDAT would take what follows for
  // commands, and a mail can be full of them: it gets no more than a line that is none.
  net::Task<absl::StatusOr<Reply>> ProveChunks();
  // The server did not understand that. It is brought back to its senses, with no mail offered;
  // once one is, AsData sends all of the content.
  net::Task<absl::Status> Recover();

 private:
  // Reads on until there is enough for one write, or the content has ended.
  net::Task<absl::Status> Fill(size_t enough);
  void Take(absl::string_view piece);
  void TakeEnd();
  net::Task<absl::Status> Mark();

  Conversation& server_;
  ContentReader& content_;
  Transaction& transaction_;
  BeforeDot* const before_dot_;
  bool by_data_ = false;
  ContentForm as_it_is_{ContentForm::Dots::kAsTheyAre};
  ContentForm doubled_{ContentForm::Dots::kDoubled};
  bool proving_ = false;  // as_it_is_ has seen a part of the content
  std::string ready_;     // in its form, not sent yet
  bool ended_ = false;    // ready_ has the end
};

}  // namespace postern::sender::smtp
