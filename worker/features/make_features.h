// The work of feature jobs (common/jobs/feature_jobs.h), without messages.
#pragma once

#include <cstdint>
#include <string>

#include "worker/features/clip_pictures.h"
#include "worker/features/models.h"

namespace unmask {

struct MadeFeatures {
  std::string bytes;  // of the blob
  std::int64_t images_forwarded = 0;
  std::string note;  // what people should know of the pictures; may be empty
};

// The faces of all pictures of the data set, cut out. Every picture that cannot be used is
// reported. nullopt: stopped.
Result<std::optional<MadeFeatures>> MakeCrops(const fs::path& store, const JobSpec& spec,
                                              const OnPicture& on_picture);

// The job's view of these crops. nullopt: stopped.
Result<std::optional<MadeFeatures>> MakeView(const JobSpec& spec, BlobTensor crops,
                                             std::vector<std::string> samples,
                                             const LoadedModel& model, const OnPicture& on_picture);

// The names of the clips of a pictures blob, in its order.
Result<std::vector<std::string>> SamplesOf(const BlobFolder& blobs, const std::string& pictures);

}  // namespace unmask
