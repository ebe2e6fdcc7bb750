// What a job works on, from the store: its clips, and what it sees or reads of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/protocol/messages.h"
#include "worker/features/blob_tensors.h"
#include "worker/features/models.h"
#include "worker/features/picture_inputs.h"
#include "worker/trainer/fold_data.h"
#include "worker/trainer/lease_control.h"

namespace unmask {

struct LoadedJob {
  JobSpec spec;
  FoldData fold;
  // Null: no picture passes a backbone.
  std::shared_ptr<const std::atomic<std::int64_t>> images_forwarded;
};

// Keeps data sets, blobs and models that it opened, for the jobs that come. Thread-safe.
class JobLoader {
 public:
  // `make_backbone` is needed by jobs that see pictures alone.
  JobLoader(const fs::path& store, MakeBackboneFunction make_backbone)
      : blobs_(store / "blobs"), tensors_(blobs_), models_(store, std::move(make_backbone)) {}

  // For training; `control` counts what is done to make its inputs, and must outlive the job.
  Result<LoadedJob> Load(const Lease& lease, JobSpec spec, LeaseControl& control) const;

  // For making features: crops of the clips of those names, and the job's model, which lives as
  // long as this.
  Result<BlobTensor> OpenCrops(const std::string& blob,
                               const std::vector<std::string>& samples) const;
  Result<const LoadedModel*> Model(const JobSpec& spec) const { return models_.Get(spec); }

 private:
  Result<std::shared_ptr<const Dataset>> DatasetOf(const JobSpec& spec) const;
  Status LoadPictures(const Lease& lease, LeaseControl& control, LoadedJob& job) const;
  Result<PictureInputs> InputsOf(const Lease& lease, LeaseControl& control, LoadedJob& job) const;
  Result<PictureInputs> PixelsFor(const std::string& crops_blob, LoadedJob& job) const;
  Result<PictureInputs> OnlineFor(const std::string& crops_blob, LeaseControl& control,
                                  const LoadedJob& job) const;

  BlobFolder blobs_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Dataset>> datasets_;  // by SHA-256
  mutable BlobTensors tensors_;
  mutable Models models_;
};

}  // namespace unmask
