// Commits beside the scheduler: SQLite's work and the disk's, while messages are answered.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/result.h"
#include "coordinator/core/outbox.h"

namespace unmask {

// Called by one thread, which is woken by `on_done` (called on the thread of the commits).
class CommitThread final : public CommitRunner {
 public:
  explicit CommitThread(std::function<void()> on_done);
  ~CommitThread() override;  // after the commit at work, if one is

  void Start(std::function<Status()> commit) override;
  std::optional<Status> Result() override;
  Status Wait() override;

 private:
  void Run();

  const std::function<void()> on_done_;
  std::mutex mutex_;  // what follows is under it; it hands over what a commit reads and leaves
  std::condition_variable changed_;
  std::function<Status()> commit_;  // to be begun
  std::optional<Status> result_;    // of the last, not yet told
  bool ended_ = false;

  std::thread thread_;  // last: it uses the others
};

}  // namespace unmask
