// How a trainer ended, and what that says about the jobs that it was working on.
#pragma once

#include <set>
#include <string>

#include "common/protocol/messages.h"

namespace unmask {

struct TrainerEnd {
  int signal = 0;                // 0: it exited by itself
  int exit_code = 0;             // where signal is 0
  bool out_of_memory = false;    // on evidence: the kernel's count of such kills rose meanwhile
  std::string protocol_error{};  // what it sent that is no message, for which it was killed
  std::string last_words{};      // the end of what it printed, at most 4 KiB
};

struct Failure {
  FailureClass failure = FailureClass::kKilled;
  std::string message;  // one line
};

// `jobs`: the keys of those that it was working on. Last words about another one, long done, are no
// reason.
Failure FailureOf(const TrainerEnd& end, const std::set<std::string>& jobs = {});

}  // namespace unmask
