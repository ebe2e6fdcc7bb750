// How a lease's job speaks to the session while it trains, and meets the others of its gang.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/files.h"
#include "common/protocol/messages.h"
#include "worker/model/gang_meeting.h"
#include "worker/trainer/lease_control.h"
#include "worker/trainer/train_job.h"

namespace unmask {

// Called from any training thread; must be safe for that.
using SendMessage = std::function<void(const Message&)>;

// Of a write that fails, though there is room.
inline constexpr int kWriteTries = 3;
inline constexpr std::chrono::milliseconds kBetweenTries{300};

// What is given must outlive both.
class LeaseHooks final : public TrainHooks {
 public:
  // `note`: what was odd about what it found to go on from, after `found` epochs.
  LeaseHooks(const Lease& lease, LeaseControl& control, const BlobFolder& blobs,
             const SendMessage& send, std::int64_t found, std::string note)
      : lease_(lease),
        control_(control),
        blobs_(blobs),
        send_(send),
        found_(found),
        note_(std::move(note)) {}

  void OnStart(std::int64_t epochs_finished) override;

  const std::string& note() const { return note_; }

  Wish Wanted() override {
    if (control_.abandon.load(std::memory_order_relaxed)) return Wish::kAbandon;
    return control_.yield.load(std::memory_order_relaxed) ? Wish::kYield : Wish::kGoOn;
  }
  void OnStep() override { control_.steps.fetch_add(1, std::memory_order_relaxed); }
  void OnEpoch(std::int64_t epochs_finished) override {
    control_.epoch.store(epochs_finished, std::memory_order_relaxed);
  }
  // A full disk costs the checkpoint, not the training.
  bool OnCheckpoint(const TrainingState& state, bool last) override;

 private:
  Result<std::string> Write(std::string_view bytes, int tries) const;

  const Lease& lease_;
  LeaseControl& control_;
  const BlobFolder& blobs_;
  const SendMessage& send_;
  std::int64_t found_;
  std::string note_;
};

// How a job meets the other members of its gang: by way of the agent and the coordinator.
class LeaseMeeting final : public GangMeeting {
 public:
  LeaseMeeting(const Lease& lease, LeaseControl& control, const SendMessage& send)
      : lease_(lease), control_(control), send_(send) {}

  int member() const override { return lease_.gang.member; }
  int size() const override { return lease_.gang.size; }
  bool one_host() const override { return lease_.gang.one_host; }
  std::optional<std::string> Meet(const std::string& address) override {
    send_(GangReady{lease_.id, address});
    SetWaiting(true);  // until the first sum, which needs all of them, is made
    return control_.AwaitGang();
  }
  void SetWaiting(bool waiting) override { control_.waits = waiting; }

 private:
  const Lease& lease_;
  LeaseControl& control_;
  const SendMessage& send_;
};

}  // namespace unmask
