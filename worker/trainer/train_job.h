// One job from its clips to its result: the epochs, early stopping, checkpoints and the held-out
// predictions. Knows neither messages nor files; the engine does the arithmetic.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "common/jobs/job.h"
#include "common/protocol/messages.h"
#include "worker/model/engine.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/fold_data.h"

namespace unmask {

// How the world outside speaks to a job while it trains. Called on the job's own thread.
class TrainHooks {
 public:
  enum class Wish { kGoOn, kYield, kAbandon };
  virtual ~TrainHooks() = default;
  // Everything is loaded (and a gang has met): it goes on from here. 0: from the start.
  virtual void OnStart(std::int64_t epochs_finished) = 0;
  // Asked before every step (kAbandon: stop at once, keep nothing) and after every epoch (kYield:
  // checkpoint and give the slot back).
  virtual Wish Wanted() = 0;
  virtual void OnStep() = 0;
  virtual void OnEpoch(std::int64_t epochs_finished) = 0;
  // `last`: the job ends its attempt with it. Returns whether it is kept.
  virtual bool OnCheckpoint(const TrainingState& state, bool last) = 0;
};

struct TrainOptions {
  std::string job_key;
  std::string numerics_class;
  double checkpoint_seconds = 30;       // 0: at every epoch's end
  std::int64_t epochs_available = 0;    // train no further, then yield; 0: no limit
  std::optional<TrainingState> resume;  // goes on from here, where all members of a gang found it
  // Counts the pictures that pass a backbone in this attempt; null: none does.
  std::shared_ptr<const std::atomic<std::int64_t>> images_forwarded;
};

struct TrainDone {
  JobResult result;           // without output_sha256
  NamedTensors best_weights;  // whose predictions those are
};
struct TrainYielded {
  std::int64_t epoch = 0;  // epochs finished
};
struct TrainAbandoned {};
struct TrainDiverged {  // the loss left the real numbers
  std::int64_t epoch = 0;
};
using TrainOutcome = std::variant<TrainDone, TrainYielded, TrainAbandoned, TrainDiverged>;

using EngineMaker =
    std::function<std::unique_ptr<Engine>(const Settings&, const ModelShape&, const FoldData&)>;

ModelShape ShapeOf(const Settings& settings, const FoldData& fold);

// Whether a checkpoint's tensors have the names and shapes of this job's model.
bool FitsModel(const TrainingState& state, const ModelShape& shape);

// `options.resume` must fit the model.
TrainOutcome TrainJob(const JobSpec& spec, const FoldData& fold, TrainOptions options,
                      const EngineMaker& make_engine, const Clock& clock, TrainHooks& hooks);

}  // namespace unmask
