#include "services/rules/judging/strikes.h"

namespace postern::rules {

bool Strikes::Failed(const std::string& user, const std::string& script_hash,
                     const std::string& mail_id) {
  if (counts_.size() >= kMaxUsers && !counts_.contains(user)) counts_.clear();
  Count& count = counts_[user];
  if (count.script_hash != script_hash) count = {script_hash, "", 0};
  if (count.mail_id == mail_id) return false;
  count.mail_id = mail_id;
  if (++count.failures < kOut) return false;
  counts_.erase(user);
  return true;
}

void Strikes::Passed(const std::string& user) { counts_.erase(user); }

}  // namespace postern::rules
