// The engine for GPUs: jobs of one structure share batched tensors, a lane each (lane_pack.h). Runs
// on the CPU as well, for its tests.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "worker/lanes_engine/lane_pack.h"
#include "worker/model/engine.h"

namespace unmask {

// The packs of a process. Any number of threads; must outlive its engines.
class LanePool {
 public:
  // `lanes` of a pack: its number is part of the numerics, since libraries choose their kernels by
  // it.
  LanePool(std::int64_t lanes, at::Device device) : LanePool(lanes, device, RecorderFor(device)) {}
  LanePool(std::int64_t lanes, at::Device device, StepRecorder record)
      : LanePool(lanes, device, std::move(record), StepperFor(device)) {}
  LanePool(std::int64_t lanes, at::Device device, StepRecorder record, LaneStepper step)
      : lanes_(lanes), device_(device), record_(std::move(record)), step_(std::move(step)) {}

  // An engine for a job, in a pack of its structure: with the lanes that train already, where one
  // is free. As MakeReferenceEngine otherwise. Jobs whose engines live at the same time wait for
  // one another's steps, so each needs a thread of its own.
  std::unique_ptr<Engine> Make(const Settings& settings, const ModelShape& shape,
                               const FoldData& fold);

  LanePack::Count count() const;  // of all packs so far

 private:
  friend class LanesEngine;
  struct Pack {
    ModelShape shape;
    std::int64_t rows = 0;
    std::unique_ptr<LanePack> pack;
  };
  struct Place {
    LanePack* pack = nullptr;
    std::int64_t lane = 0;
  };

  Place Enter(const ModelShape& shape, std::int64_t rows);
  void Leave(const Place& place);

  const std::int64_t lanes_;
  const at::Device device_;
  const StepRecorder record_;
  const LaneStepper step_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<Pack> packs_;     // none is empty
  LanePack::Count gone_;      // of packs that were
};

// In the process's own pool.
std::unique_ptr<Engine> MakeLanesEngine(std::int64_t lanes, bool cuda, const Settings& settings,
                                        const ModelShape& shape, const FoldData& fold);

// As many clips as a step may have: a short last batch may have joined the one before it. The same
// for all folds of a data set, so that they share a pack.
std::int64_t RowsOf(const Settings& settings, const FoldData& fold);

}  // namespace unmask
