// Jobs that train in milliseconds, and a way to run them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/data/dataset.h"
#include "common/random/philox.h"
#include "worker/core_engine/core_engine.h"
#include "worker/trainer/train_job.h"

namespace unmask::testing {

// `subjects` subjects "a", "b", ... with `each` clips. Two action units follow the true label, two
// the disguised one, the rest is noise.
inline Dataset SmallDataset(int subjects = 5, int each = 12) {
  const std::vector<std::string> labels = {"an", "ha", "sa"};
  const auto& codes = FacsVocabulary();
  const RandomStream noise(1, "", "small-dataset");
  Dataset dataset;
  for (int s = 0; s < subjects; ++s) {
    for (int i = 0; i < each; ++i) {
      Clip clip;
      clip.subject = std::string(1, static_cast<char>('a' + s));
      clip.sample = clip.subject + (i < 10 ? "_0" : "_") + std::to_string(i);
      const auto clip_id = static_cast<std::uint32_t>(s * each + i);
      const std::uint32_t label = noise.Below(3, 0, clip_id, 0);
      const std::uint32_t shown = noise.Below(3, 0, clip_id, 1);
      clip.true_label = labels[label];
      clip.disguised_label = labels[shown];
      for (std::uint32_t code = 0; code < 12; ++code) {
        const bool typical = code == 2 * label || code == 6 + 2 * shown;
        if (noise.Below(10, 0, clip_id, code + 2) < (typical ? 8U : 1U)) {
          clip.action_units.push_back(codes[code]);
        }
      }
      dataset.clips.push_back(std::move(clip));
    }
  }
  return dataset;
}

inline JobSpec SmallSpec() {
  JobSpec spec;
  spec.held_out = "b";
  spec.settings.model.adapter = 16;
  spec.settings.model.stream = 8;
  spec.settings.train.batch = 8;
  spec.settings.train.max_epochs = 6;
  spec.settings.train.engine = EngineKind::kCore;
  return spec;
}

// A clock that stands still.
class StillClock final : public Clock {
 public:
  Millis Now() const override { return now; }
  std::string WallTime() const override { return "2026-01-01T00:00:00.000Z"; }
  Millis now{0};
};

// Records what a job says, and wishes what `wish` says.
class RecordingHooks final : public TrainHooks {
 public:
  Wish Wanted() override { return wish ? wish() : Wish::kGoOn; }
  void OnStart(std::int64_t epochs_finished) override { started_at = epochs_finished; }
  void OnStep() override { ++steps; }
  void OnEpoch(std::int64_t epochs_finished) override { epochs = epochs_finished; }
  bool OnCheckpoint(const TrainingState& state, bool last) override {
    checkpoints.push_back(state);
    lasts.push_back(last);
    return keeps_checkpoints;
  }

  std::function<Wish()> wish;
  std::int64_t started_at = -1;
  std::int64_t steps = 0;
  std::int64_t epochs = 0;
  std::vector<TrainingState> checkpoints;
  std::vector<bool> lasts;  // of each checkpoint
  bool keeps_checkpoints = true;
};

inline TrainOutcome Train(const JobSpec& spec, const Dataset& dataset, TrainHooks& hooks,
                          const TrainOptions& options = {}) {
  const auto fold = PrepareFold(spec, dataset);
  UNMASK_CHECK(fold.ok());
  return TrainJob(spec, *fold, options, MakeCoreEngine, StillClock(), hooks);
}

inline TrainDone TrainToEnd(const JobSpec& spec, const Dataset& dataset = SmallDataset(),
                            const TrainOptions& options = {}) {
  RecordingHooks hooks;
  TrainOutcome outcome = Train(spec, dataset, hooks, options);
  UNMASK_CHECK(std::holds_alternative<TrainDone>(outcome));
  return std::get<TrainDone>(std::move(outcome));
}

}  // namespace unmask::testing
