#pragma once

#include <map>
#include <string>

namespace postern::rules {

// Counts how often in a row users' scripts failed: after three mails one is to be suspended. Pure;
// each replica counts for itself.
class Strikes {
 public:
  static constexpr int kOut = 3;
  static constexpr size_t kMaxUsers = 10'000;

  // True when this is the third mail in a row. A mail that is judged again counts once.
  bool Failed(const std::string& user, const std::string& script_hash, const std::string& mail_id);
  void Passed(const std::string& user);

 private:
  struct Count {
    std::string script_hash, mail_id;
    int failures = 0;
  };
  std::map<std::string, Count> counts_;
};

}  // namespace postern::rules
