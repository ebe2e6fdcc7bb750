// A backbone that is trained together with a job's model (`features.finetune`): what it is, and the
// weights that it starts from. No tensors of libtorch.
#pragma once

#include "worker/backbone/backbone.h"
#include "worker/model/named_tensors.h"

namespace unmask {

// Of the names of a backbone's tensors in a model, before their role.
inline constexpr std::string_view kBackbonePrefix = "backbone/";

struct TunedBackbone {
  BackboneConfig config;
  ClipFeature feature = ClipFeature::kPooled;
  Size image;            // of the prepared pictures
  NamedTensors weights;  // backbone/ROLE: what the features depend on, nothing else
};

// `image`: the size at which pictures are prepared.
Result<TunedBackbone> MakeTunedBackbone(const BackboneParts& parts, Size image);

std::int64_t FeatureWidth(const BackboneConfig& config, ClipFeature feature);

}  // namespace unmask
