// What training jobs on pictures are given (worker/model/inputs.h): features from the bank's blobs,
// the same features made on the spot, or pixels for a backbone that trains along.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "worker/features/make_features.h"
#include "worker/model/input_error.h"
#include "worker/model/inputs.h"

namespace unmask {

struct PictureInputs {
  std::shared_ptr<const Inputs> inputs;
  std::int64_t width = 0;
  // How many pictures have passed a backbone so far; null: none does.
  std::shared_ptr<const std::atomic<std::int64_t>> images_forwarded;
};

// `blobs`: the plain view, then the augmented ones from 0 on, each of so many clips.
Result<PictureInputs> BankInputs(BlobTensors& tensors, const std::vector<std::string>& blobs,
                                 std::int64_t clips);

// The same numbers without a bank. `spec` is the training job's. `samples` are the names of the
// clips whose crops those are, one each. `model` outlives the result.
// `on_pictures` is called as a view is being made, every few pictures: that is progress too.
Result<PictureInputs> OnlineInputs(const JobSpec& spec, BlobTensor crops,
                                   std::vector<std::string> samples, const LoadedModel& model,
                                   std::function<void()> on_pictures);

// Prepared pictures: [3, height, width] of a clip, each read for a pass through the backbone.
PictureInputs PixelInputs(const JobSpec& spec, BlobTensor crops, std::vector<std::string> samples,
                          const Preprocessing& preprocessing);

}  // namespace unmask
