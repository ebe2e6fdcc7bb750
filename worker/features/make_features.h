// The work of feature jobs (common/jobs/feature_jobs.h), without messages.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/jobs/job.h"
#include "worker/features/blob_tensors.h"
#include "worker/features/models.h"

namespace unmask {

// Called after every picture, or every few; false: stop, the result is of no use.
using OnPicture = std::function<bool()>;

struct MadeFeatures {
  std::string bytes;  // of the blob
  std::int64_t images_forwarded = 0;
  std::string note;  // what people should know of the pictures; may be empty
};

// The faces of all pictures of the data set, cut out. Every picture that cannot be used is
// reported. nullopt: stopped.
Result<std::optional<MadeFeatures>> MakeCrops(const fs::path& store, const JobSpec& spec,
                                              const OnPicture& on_picture);

// A view of these crops: augmented (unless it is the plain one), prepared and passed through the
// backbone. nullopt: stopped.
Result<std::optional<MadeFeatures>> MakeView(const JobSpec& spec, const BlobTensor& crops,
                                             const std::vector<std::string>& samples,
                                             const LoadedModel& model, const OnPicture& on_picture);

// One clip of a view as the backbone takes it: what MakeView does before the backbone.
Pixels PixelsOf(const BlobTensor& crops, std::int64_t clip, const std::string& sample,
                std::int64_t augment_seed, std::int64_t view, const Preprocessing& preprocessing);

// The names of the clips of a pictures blob, in its order.
Result<std::vector<std::string>> SamplesOf(const BlobFolder& blobs, const std::string& pictures);

}  // namespace unmask
