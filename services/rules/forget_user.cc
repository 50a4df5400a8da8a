#include "services/rules/forget_user.h"

namespace postern::rules {

// The password first: from then on no mail program stores scripts for them.
net::Task<absl::Status> ForgetUser(KeptOfUsers kept, std::string user) {
  if (absl::Status s = co_await kept.passwords.Revoke(user); !s.ok()) co_return s;
  if (absl::Status s = co_await kept.programs.RemoveAll(user); !s.ok()) co_return s;
  if (absl::Status s = co_await kept.lists.Forget(user); !s.ok()) co_return s;
  if (absl::Status s = co_await kept.memory.Forget(user); !s.ok()) co_return s;
  co_return co_await kept.decisions.Forget(user);
}

}  // namespace postern::rules
