// A data set's clips as a backbone takes them, and a view of all of them passed through it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/jobs/job.h"
#include "worker/backbone/extract.h"
#include "worker/features/blob_tensors.h"

namespace unmask {

// Crops, and how a clip's pixels come of them. `spec` is a feature job's or a training's.
class ClipPictures {
 public:
  // `samples`: the clips' names, one for each of the crops.
  ClipPictures(const JobSpec& spec, BlobTensor crops, std::vector<std::string> samples,
               const Preprocessing& preprocessing);

  // Augmented, unless the view is the plain one, and prepared.
  Pixels Of(std::int64_t view, std::int64_t clip) const;
  std::int64_t clips() const { return crops_.rows(); }

 private:
  std::int64_t seed_;
  BlobTensor crops_;
  std::vector<std::string> samples_;
  Preprocessing preprocessing_;
};

// Called after every picture, or every few; false: stop, the result is of no use.
using OnPicture = std::function<bool()>;

// On one thread: the slot's own. nullopt: stopped.
Result<std::optional<FeatureRows>> ExtractView(const ClipPictures& pictures, std::int64_t view,
                                               const Backbone& backbone,
                                               const OnPicture& on_picture);

}  // namespace unmask
