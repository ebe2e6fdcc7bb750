#include "worker/trainer/lease_runner.h"

#include <fmt/format.h>

#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/log.h"
#include "common/base/sha256.h"
#include "common/base/text.h"

namespace unmask {
namespace {

FailureClass FailureOf(const std::exception& exception) {
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
  return memory ? FailureClass::kOutOfMemory : FailureClass::kExit;
}

class LeaseHooks final : public TrainHooks {
 public:
  LeaseHooks(const Lease& lease, LeaseControl& control, const BlobFolder& blobs,
             const SendMessage& send)
      : lease_(lease), control_(control), blobs_(blobs), send_(send) {}

  Wish Wanted() override {
    if (control_.abandon.load(std::memory_order_relaxed)) return Wish::kAbandon;
    return control_.yield.load(std::memory_order_relaxed) ? Wish::kYield : Wish::kGoOn;
  }
  void OnStep() override { control_.steps.fetch_add(1, std::memory_order_relaxed); }
  void OnEpoch(std::int64_t epochs_finished) override {
    control_.epoch.store(epochs_finished, std::memory_order_relaxed);
  }
  // A full disk costs the checkpoint, not the training (design.md, section 7).
  void OnCheckpoint(const TrainingState& state) override {
    const std::string bytes = EncodeCheckpoint(state);
    const auto sha256 = blobs_.Write(bytes);
    if (!sha256) {
      LogError(fmt::format("job {}: no checkpoint at epoch {}: {}", lease_.id.job_key.substr(0, 12),
                           state.epoch, OneLine(sha256.error())));
      return;
    }
    send_(CheckpointWritten{
        lease_.id,
        {*sha256, state.epoch, static_cast<std::int64_t>(bytes.size()), state.numerics_class}});
  }

 private:
  const Lease& lease_;
  LeaseControl& control_;
  const BlobFolder& blobs_;
  const SendMessage& send_;
};

}  // namespace

LeaseRunner::LeaseRunner(const fs::path& store, std::string numerics_class, EngineMaker make_engine,
                         const Clock& clock, SendMessage send)
    : blobs_(store / "blobs"),
      numerics_class_(std::move(numerics_class)),
      make_engine_(std::move(make_engine)),
      clock_(clock),
      send_(std::move(send)) {}

void LeaseRunner::Run(const Lease& lease, LeaseControl& control) const {
  try {
    Train(lease, control);
  } catch (const std::exception& exception) {
    const std::string what = exception.what();
    Fail(lease, FailureOf(exception), EscapeControl(what.substr(0, what.find('\n'))));
  }
}

Result<LeaseRunner::Job> LeaseRunner::LoadJob(const Lease& lease) const {
  const auto json = nlohmann::json::parse(lease.spec, nullptr, /*allow_exceptions=*/false);
  Job job;
  UNMASK_ASSIGN(job.spec, JobSpecFromJson(json));
  if (job.spec.numerics_version != kNumericsVersion) {
    return DataError(fmt::format("job of numerics version {}", job.spec.numerics_version), "spec",
                     fmt::format("version {}", kNumericsVersion));
  }
  UNMASK_ASSIGN(const std::string blob, blobs_.Read(job.spec.dataset));
  UNMASK_ASSIGN(const Dataset dataset, ParseDatasetBlob(blob));
  UNMASK_ASSIGN(job.fold, PrepareFold(job.spec, dataset));
  return job;
}

Result<TrainingState> LeaseRunner::LoadCheckpoint(const Lease& lease,
                                                  const CheckpointRef& checkpoint,
                                                  const ModelShape& shape) const {
  if (!IsSha256Hex(checkpoint.sha256)) return DataError("its name is no SHA-256");
  if (checkpoint.numerics_class != numerics_class_) {
    return DataError(
        fmt::format("of numerics class {}, not {}", checkpoint.numerics_class, numerics_class_));
  }
  UNMASK_ASSIGN(const std::string bytes, blobs_.Read(checkpoint.sha256));
  UNMASK_ASSIGN(TrainingState state, DecodeCheckpoint(bytes, checkpoint.sha256));
  if (state.job_key != lease.id.job_key || state.numerics_class != numerics_class_ ||
      !FitsModel(state, shape)) {
    return DataError("not of this job");
  }
  return state;
}

LeaseRunner::Start LeaseRunner::FindStart(const Lease& lease, const ModelShape& shape) const {
  Start start;
  for (const CheckpointRef& checkpoint : lease.checkpoints) {
    auto state = LoadCheckpoint(lease, checkpoint, shape);
    if (state) {
      start.state = std::move(*state);
      return start;
    }
    if (!start.note.empty()) start.note += "; ";
    start.note +=
        fmt::format("checkpoint {} of epoch {} not used: {}", checkpoint.sha256.substr(0, 12),
                    checkpoint.epoch, OneLine(state.error()));
  }
  return start;
}

void LeaseRunner::Train(const Lease& lease, LeaseControl& control) const {
  const auto job = LoadJob(lease);
  if (!job) return Fail(lease, FailureClass::kBadInput, OneLine(job.error()));
  Start start = FindStart(lease, ShapeOf(job->spec.settings, job->fold));
  const std::int64_t first_epoch = start.state ? start.state->epoch : 0;
  control.epoch = first_epoch;
  send_(AttemptStarted{lease.id, first_epoch, start.note});
  const TrainOptions options{lease.id.job_key, numerics_class_, lease.checkpoint_seconds,
                             lease.epochs_available, std::move(start.state)};
  LeaseHooks hooks(lease, control, blobs_, send_);
  TrainOutcome outcome = TrainJob(job->spec, job->fold, options, make_engine_, clock_, hooks);
  if (auto* done = std::get_if<TrainDone>(&outcome)) {
    SendResult(lease, std::move(*done));
  } else if (const auto* yielded = std::get_if<TrainYielded>(&outcome)) {
    send_(Yielded{lease.id, yielded->epoch});
  } else if (const auto* diverged = std::get_if<TrainDiverged>(&outcome)) {
    Fail(lease, FailureClass::kNotANumber,
         fmt::format("the loss is not a finite number in epoch {}", diverged->epoch));
  }
}

void LeaseRunner::SendResult(const Lease& lease, TrainDone done) const {
  if (lease.keep_best) {
    const auto sha256 = blobs_.Write(EncodeWeights(done.best_weights, lease.id.job_key));
    if (sha256) {
      done.result.weights_sha256 = *sha256;
    } else {
      LogError(fmt::format("job {}: weights not kept: {}", lease.id.job_key.substr(0, 12),
                           OneLine(sha256.error())));
    }
  }
  send_(ResultReady{lease.id, std::move(done.result)});
}

void LeaseRunner::Fail(const Lease& lease, FailureClass failure, std::string message) const {
  send_(AttemptFailed{lease.id, failure, std::move(message), /*sole_suspect=*/true});
}

}  // namespace unmask
