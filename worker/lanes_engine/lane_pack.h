// Jobs of one structure in lock step: each has a lane of a LaneModel and a thread of its own, and
// whoever of them comes last does the step for all. So everything around a step (batches,
// early stopping, checkpoints) stays that of a single job, and a lane is free for the next job as
// soon as its own has stopped.
//
// A lane that has begun is waited for until it steps aside or leaves. A job's own steps and
// evaluations are a function of the job alone, and a lane with nothing to do keeps its state: so
// no neighbour, no place and no waiting changes a bit.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "worker/lanes_engine/lane_model.h"

namespace unmask {

// What a lane's thread writes before a step; padded as LaneLayout says.
struct LaneRequest {
  std::span<float> features;                    // [rows, features]
  std::vector<std::span<std::int64_t>> labels;  // [heads], each [rows]
  std::vector<std::span<float>> shares;         // likewise
  std::span<float> control;
  LaneDropout* dropout;
};

class LanePack {
 public:
  LanePack(const LaneLayout& layout, std::int64_t lanes, at::Device device, StepRecorder record,
           LaneStepper step);

  const LaneLayout& layout() const { return layout_; }

  // A free lane, all zero; nullopt: there is none.
  std::optional<std::int64_t> Enter();
  void Leave(std::int64_t lane);
  bool empty() const;

  // What follows is for the thread whose lane it is.

  // From here on the others wait for this lane's step. The request is this thread's until Step().
  LaneRequest Begin(std::int64_t lane);
  // Waits for the others and for the step. Throws what the step has thrown, where it was of several
  // lanes SharedStepFailed in each.
  void Step(std::int64_t lane, HsicKinds kinds);
  // Of the last step, until the next Begin(), StepAside() or Leave().
  float Loss(std::int64_t lane) const;
  std::vector<float> Logits(std::size_t head, std::int64_t lane) const;   // [rows, padded classes]
  std::vector<float> Streams(std::size_t head, std::int64_t lane) const;  // [rows, stream]

  // The others need not wait for this lane until its next Begin().
  void StepAside(std::int64_t lane);
  std::vector<float> Read(std::int64_t lane, LaneState state) const;
  void Write(std::int64_t lane, LaneState state, std::span<const float> row);

  // Steps done, and lanes that had something to do in them.
  struct Count {
    std::int64_t steps = 0;
    std::int64_t used = 0;
  };
  Count count() const;

 private:
  struct Lane {
    bool taken = false;
    bool awaited = false;            // between Begin() and StepAside() or Leave()
    std::atomic<bool> asked{false};  // waits for a step
    HsicKinds kinds;
    std::exception_ptr error;  // of the last step
  };
  using Lock = std::unique_lock<std::mutex>;

  Lock WhenStill() const;  // while no step is being done
  LaneRequest RequestOf(std::int64_t lane);
  void Clear(std::int64_t lane);  // nothing to do
  bool AllHaveAsked() const;      // and there is one
  void StepAll(Lock& lock);
  void Call();

  const LaneLayout layout_;
  LaneModel model_;
  LaneInputs inputs_;  // a lane's part is its thread's from Begin() until Step()

  mutable std::mutex mutex_;  // guards what follows, and the model while no step is being done
  mutable std::condition_variable still_;
  std::vector<Lane> lanes_;  // `awaited` changes on the lane's own thread alone
  // Grows when those that wait for a step are to look again. One word that 32 threads sleep at and
  // one call that wakes them: with a mutex to queue for that took longer than the step.
  std::atomic<std::uint32_t> calls_{0};
  bool stepping_ = false;
  Count count_;
};

}  // namespace unmask
