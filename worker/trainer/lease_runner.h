// Works on one lease: finds the job's data and checkpoint in the store, trains, and says what came
// of it. The job boundary: exceptions of libtorch end here.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/protocol/messages.h"
#include "worker/trainer/job_loader.h"
#include "worker/trainer/lease_control.h"
#include "worker/trainer/lease_hooks.h"
#include "worker/trainer/train_job.h"

namespace unmask {

class LeaseRunner {
 public:
  // `clock` and what `send` uses must outlive the runner.
  // `make_backbone` is needed by jobs that see pictures alone.
  LeaseRunner(const fs::path& store, std::string numerics_class, EngineMaker make_engine,
              const Clock& clock, SendMessage send, MakeBackboneFunction make_backbone = {});

  // Sends AttemptStarted, CheckpointWritten..., and at the end one of ResultReady, AttemptFailed,
  // Yielded, or nothing where it was abandoned. As member 1 and up of a gang it sends GangReady,
  // and at the end GangLeft, or AttemptFailed where it knows why. May run on several threads at
  // once.
  void Run(const Lease& lease, LeaseControl& control) const;

 private:
  // What to go on from, and what was odd about it.
  struct Start {
    std::optional<TrainingState> state;
    std::string note;
  };
  class ReadPatience;

  Result<JobSpec> LoadSpec(const Lease& lease) const;
  // An error where a checkpoint is there and may not be read.
  Result<Start> FindStart(const Lease& lease, const ModelShape& shape, LeaseControl& control) const;
  Result<TrainingState> LoadCheckpoint(const Lease& lease, const CheckpointRef& checkpoint,
                                       const ModelShape& shape, ReadPatience& patience) const;
  void Train(const Lease& lease, JobSpec spec, LeaseControl& control) const;
  void MakeFeatures(const Lease& lease, const JobSpec& spec, LeaseControl& control) const;
  Result<std::optional<MadeFeatures>> Make(const Lease& lease, const JobSpec& spec,
                                           const OnPicture& on_picture) const;
  Result<std::optional<std::string>> WriteWithPatience(std::string_view bytes,
                                                       LeaseControl& control) const;
  void SendOutcome(const Lease& lease, TrainOutcome outcome, LeaseControl& control) const;
  void KeepBest(const Lease& lease, TrainDone& done, LeaseControl& control) const;
  void Yield(const Lease& lease, const LeaseControl& control) const;
  // `sole_suspect`: whether nothing but this job can have caused it.
  void Fail(const Lease& lease, FailureClass failure, std::string message,
            bool sole_suspect = true) const;

  fs::path store_;
  BlobFolder blobs_;
  std::string numerics_class_;
  EngineMaker make_engine_;
  const Clock& clock_;
  SendMessage send_;
  JobLoader loader_;
};

}  // namespace unmask
