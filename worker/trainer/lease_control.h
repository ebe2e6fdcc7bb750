// What passes between the thread that works on a lease and the session's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace unmask {

struct LeaseControl {
  std::atomic<bool> abandon{false};    // superseded: stop at the next step, say nothing
  std::atomic<bool> yield{false};      // checkpoint at the next epoch's end, say Yielded
  std::atomic<std::int64_t> epoch{0};  // epochs finished
  std::atomic<std::int64_t> steps{0};  // optimiser steps of this attempt
  std::atomic<bool> waits{false};      // for the other members of its gang, or for the store

  // The session's side.
  void Abandon() {
    Tell([&] { abandon = true; });
  }
  void Yield() {
    Tell([&] { yield = true; });
  }
  void LetGo(std::string address) {
    Tell([&] { gang_address_ = std::move(address); });
  }

  // The job's: whether it is told to stop within so long.
  bool StopsWithin(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return abandon || yield; });
  }
  // Where the gang meets, as soon as all its members are ready; nullopt: not any more.
  std::optional<std::string> AwaitGang() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return abandon || yield || gang_address_.has_value(); });
    return abandon ? std::nullopt : gang_address_;
  }

 private:
  template <typename Change>
  void Tell(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> gang_address_;  // guarded by mutex_
};

// While it lives the job writes into the store, which may stand still: that is no fault of the
// job's.
class StoreWait {
 public:
  explicit StoreWait(LeaseControl& control) : control_(control) { control_.waits = true; }
  ~StoreWait() { control_.waits = false; }
  StoreWait(const StoreWait&) = delete;
  StoreWait& operator=(const StoreWait&) = delete;

 private:
  LeaseControl& control_;
};

}  // namespace unmask
