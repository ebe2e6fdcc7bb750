// The trainer's side of its socket: takes leases, has its slots work on them, sends heartbeats.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/frames.h"
#include "worker/trainer/lease_control.h"
#include "worker/trainer/lease_runner.h"

namespace unmask {

// Writes whole messages from any thread.
class MessageWriter {
 public:
  explicit MessageWriter(int fd) : fd_(fd) {}
  void Send(const Message& message);  // after a failure (the agent is gone) it does nothing
  bool failed() const { return failed_; }

 private:
  int fd_;
  std::mutex mutex_;
  std::atomic<bool> failed_{false};
};

// One thread a slot, and the caller's for the socket.
class Session {
 public:
  using RunLease = std::function<void(const Lease&, LeaseControl&)>;

  // `run` works on a lease until it is over, on a slot's thread; `heartbeat` is the interval.
  // Throws std::system_error where there are too few threads.
  Session(int fd, int slots, Millis heartbeat, MessageWriter& writer, RunLease run);
  ~Session();  // abandons what still runs and waits for it

  // Until Goodbye or the other end is closed. An error: what came is no message.
  Status Serve();

 private:
  struct Work {
    Lease lease;
    LeaseControl control;
    bool running = false;
  };

  void EndSlots();
  void RunSlot();
  std::shared_ptr<Work> TakeWork();  // nullptr: the session ends
  Result<bool> Receive();            // false: the session ends
  bool On(const Message& message);   // likewise
  void Start(const Lease& lease);
  void Abandon(const LeaseId& lease);
  void YieldAll();
  void LetGangGo(const GangGo& go);
  void SendHeartbeat();

  const int fd_;
  const Millis heartbeat_;
  MessageWriter& writer_;
  const RunLease run_;
  FrameBuffer received_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::list<std::shared_ptr<Work>> work_;  // waiting for a slot or running, in the order of arrival
  bool yielding_ = false;
  bool ending_ = false;
  std::vector<std::thread> slots_;  // last: they use all of the above
};

}  // namespace unmask
