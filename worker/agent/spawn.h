// fork and exec of a trainer, done so that nothing of ours leaks into it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

inline constexpr int kChildSocket = 3;  // the descriptor that the child finds its socket at

struct SpawnCommand {
  std::vector<std::string> arguments;  // the first is the program's path
  fs::path log;                        // stdout and stderr are appended here, where that can be
  int socket = -1;                     // becomes kChildSocket; the only other descriptor it gets
};

// Our environment without what MPI would recognise itself by, and with one thread for each of the
// libraries' own pools. "NAME=value".
std::vector<std::string> TrainerEnvironment();

// The child dies with the calling thread, leads a process group of its own, blocks no signal, takes
// those that the agent handles or ignores (SIGPIPE, SIGUSR1, SIGINT, SIGTERM, SIGHUP) as by
// default, and has /dev/null as stdin. Where the program cannot be run it exits with code 127 and
// says so in the log.
Result<pid_t> SpawnTrainer(const SpawnCommand& command);

}  // namespace unmask
