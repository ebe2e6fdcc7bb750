#include "worker/trainer/job_loader.h"

#include <utility>

#include "common/base/shared_module.h"
#include "common/jobs/feature_jobs.h"
#include "worker/backbone/tuned.h"
#include "worker/clip_text/text_side.h"

namespace unmask {

Result<LoadedJob> JobLoader::Load(const Lease& lease, JobSpec spec, LeaseControl& control) const {
  LoadedJob job;
  job.spec = std::move(spec);
  UNMASK_ASSIGN(const auto dataset, DatasetOf(job.spec));
  UNMASK_ASSIGN(job.fold, PrepareFold(job.spec, *dataset));
  if (SeesPictures(job.spec.settings)) UNMASK_TRY(LoadPictures(lease, control, job));
  return job;
}

// A study has a few data sets, which all its folds and points share.
Result<std::shared_ptr<const Dataset>> JobLoader::DatasetOf(const JobSpec& spec) const {
  constexpr std::size_t kMost = 4;
  const std::lock_guard lock(mutex_);
  const auto known = datasets_.find(spec.dataset);
  if (known != datasets_.end()) return known->second;
  UNMASK_ASSIGN(const std::string blob, blobs_.Read(spec.dataset));
  UNMASK_ASSIGN(Dataset dataset, ParseDatasetBlob(blob));
  if (datasets_.size() == kMost) datasets_.clear();
  return datasets_.emplace(spec.dataset, std::make_shared<const Dataset>(std::move(dataset)))
      .first->second;
}

// The inputs, and what a job trains or reads beside them.
Status JobLoader::LoadPictures(const Lease& lease, LeaseControl& control, LoadedJob& job) const {
  if (lease.inputs.empty()) return DataError("a lease without its pictures", "inputs");
  UNMASK_ASSIGN(const std::vector<std::string> samples, SamplesOf(blobs_, job.spec.pictures));
  if (samples != job.fold.samples) {
    return DataError("the pictures are not of the data set's clips", job.spec.pictures);
  }
  UNMASK_ASSIGN(PictureInputs pictures, InputsOf(lease, control, job));
  if (ReadsText(job.spec.settings)) {
    UNMASK_ASSIGN(const fs::path folder, models_.Folder(job.spec));
    UNMASK_ASSIGN(job.fold.text, OpenTextSide(folder, BesideProgram(kStandardMergesFile)));
  }
  job.fold.inputs = std::move(pictures.inputs);
  job.fold.width = pictures.width;
  job.images_forwarded = std::move(pictures.images_forwarded);
  return {};
}

// Whether a lease names the bank's views or crops is no part of its job (common/jobs/job.h,
// Reduce): the blob tells.
Result<PictureInputs> JobLoader::InputsOf(const Lease& lease, LeaseControl& control,
                                          LoadedJob& job) const {
  const std::string& first = lease.inputs.front();
  if (job.spec.settings.features.finetune) return PixelsFor(first, job);
  UNMASK_ASSIGN(const bool bank, tensors_.Has(first, kFeaturesTensor));
  if (bank) return BankInputs(tensors_, lease.inputs, std::ssize(job.fold.samples));
  return OnlineFor(first, control, job);
}

Result<PictureInputs> JobLoader::PixelsFor(const std::string& crops_blob, LoadedJob& job) const {
  UNMASK_ASSIGN(BlobTensor crops, OpenCrops(crops_blob, job.fold.samples));
  UNMASK_ASSIGN(const ModelFolder model, models_.Open(job.spec));
  const Size size = OutputSize(model.preprocessing).value();
  UNMASK_ASSIGN(TunedBackbone backbone, MakeTunedBackbone(model.parts, size));
  job.fold.backbone = std::make_shared<TunedBackbone>(std::move(backbone));
  return PixelInputs(job.spec, std::move(crops), job.fold.samples, model.preprocessing);
}

Result<PictureInputs> JobLoader::OnlineFor(const std::string& crops_blob, LeaseControl& control,
                                           const LoadedJob& job) const {
  UNMASK_ASSIGN(BlobTensor crops, OpenCrops(crops_blob, job.fold.samples));
  UNMASK_ASSIGN(const LoadedModel* model, models_.Get(job.spec));
  const auto count = [&control] { control.steps.fetch_add(1, std::memory_order_relaxed); };
  return OnlineInputs(job.spec, std::move(crops), job.fold.samples, *model, count);
}

Result<BlobTensor> JobLoader::OpenCrops(const std::string& blob,
                                        const std::vector<std::string>& samples) const {
  UNMASK_ASSIGN(BlobTensor crops, tensors_.Open(blob, kCropsTensor, DType::kU8, 4));
  if (crops.rows() != std::ssize(samples)) {
    return DataError("the crops are not of the data set's pictures", blob);
  }
  return crops;
}

}  // namespace unmask
