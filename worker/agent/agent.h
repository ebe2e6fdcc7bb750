// The agent: rank 1..W. Takes leases from the coordinator, has one trainer process work on them,
// and answers for it: heartbeats, results kept until they are acknowledged, crashes and hangs told
// apart. It never links libtorch, so whatever the trainer does costs an attempt, not the rank.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/transport/transport.h"
#include "worker/agent/supervisor.h"

namespace unmask {

struct AgentOptions {
  fs::path store;
  fs::path trainer;             // the program unmask-trainer
  std::string device = "auto";  // the trainer's --device
  std::string host;
  pid_t parent =
      0;  // from DieWithParent at entry (0: as it is now); the agent ends where it is gone
  bool launched = false;  // by `unmask run` alone, which itself tells that rank 0 is gone
  // Rank 0 says something every few seconds. After this long without a word it, or the way to it,
  // is taken for gone: else a machine that is cut off would keep its allocation for ever.
  Millis silence_limit{10 * 60 * 1000};
  SupervisorOptions supervisor;
};

// Works until the coordinator says Goodbye; returns 0.
// The trainer is gone when it returns. A lost or silent coordinator ends the process with 75. A
// lost parent or a trainer that cannot be started ends it with SIGKILL, which is how the
// coordinator learns of it at once. SIGUSR1 drains this worker. To be called from the main thread
// (see DieWithParent).
int RunAgent(Transport& transport, const AgentOptions& options);

}  // namespace unmask
