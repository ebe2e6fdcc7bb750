// One trainer process and the socket to it, without MPI and without an event loop: the agent waits
// on fd(), `unmask verify` waits in Receive().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/base/result.h"
#include "common/protocol/frames.h"
#include "worker/agent/oom_kills.h"
#include "worker/agent/trainer_end.h"

namespace unmask {

struct TrainerCommand {
  fs::path program;
  fs::path store;
  int slots = 1;
  std::string device = "auto";
  fs::path log;  // its stdout and stderr are appended here, where that can be
};

class TrainerProcess {
 public:
  // Starts the program: it dies with the calling thread, inherits nothing but the socket and the
  // log, has MPI's variables removed from its environment, one thread a slot, and a process group
  // of its own, so that signals to the rank's group (mpirun, a terminal) do not reach it.
  static Result<std::unique_ptr<TrainerProcess>> Start(const TrainerCommand& command);
  ~TrainerProcess();  // kills and reaps it where it still lives
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  int fd() const { return fd_; }  // readable: there may be something to Receive

  // Queues the message and writes what the socket takes; never blocks.
  Status Send(const Message& message);
  // The same in two steps, so that many messages leave together. Receive flushes too, where it has
  // to wait.
  void Queue(const Message& message);
  Status Flush();
  // Waits up to `timeout` for the next message; nullopt: none came. Also moves queued sends on. An
  // error: the trainer closed the socket, or sent what is no message.
  Result<std::optional<Message>> Receive(Millis timeout);

  void Kill();                          // SIGKILL, to its whole process group
  std::optional<TrainerEnd> TryReap();  // nullopt: it still lives; after the end always the same
  std::optional<TrainerEnd> Reap(Millis limit);  // waits for the end

 private:
  TrainerProcess(int fd, fs::path log);
  // Waits until `deadline` and reads what came; false: the time is over.
  Result<bool> ReadSome(std::chrono::steady_clock::time_point deadline);
  std::string LastWords() const;

  pid_t pid_ = -1;
  int fd_;
  fs::path log_;
  std::uintmax_t log_start_;  // where this process' output begins
  std::vector<fs::path> oom_counters_;
  std::int64_t oom_kills_before_;
  std::string unsent_;
  FrameBuffer received_;
  std::optional<TrainerEnd> end_;
};

}  // namespace unmask
