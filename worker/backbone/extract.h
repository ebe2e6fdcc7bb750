// Features of many pictures, on several threads.
#pragma once

#include <functional>

#include "worker/backbone/backbone.h"

namespace unmask {

// Reads and prepares one picture. Called once, by any thread.
using PictureMaker = std::function<Result<Pixels>()>;

struct FeatureRows {
  std::size_t width = 0;
  std::vector<float> values;  // [pictures, width]
};

// In the order given. Each thread takes a block of pictures, prepares them and passes them through
// the network, so that while one decodes another multiplies; the bits do not depend on how many
// there are. All pictures that cannot be made are reported. `stop` (may be empty) is asked before
// each block: true ends with ErrorCode::kStopped.
Result<FeatureRows> ExtractFeatures(const Backbone& backbone,
                                    std::span<const PictureMaker> pictures, unsigned threads,
                                    const std::function<bool()>& stop = {});

}  // namespace unmask
