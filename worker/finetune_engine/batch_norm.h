// BatchNorm of a ResNet in training: by the batch, over all members of a gang. Includes ATen: only
// for the files that do already.
#pragma once

#include "worker/finetune_engine/trainable_backbone.h"
#include "worker/gang/gang.h"

namespace unmask {

// By the batch's own statistics, which move the buffers as PyTorch's do (momentum .1, the unbiased
// variance).
at::Tensor NormByBatch(const at::Tensor& x, const NormTensors& norm);

// The same where each member has some of the batch's pictures, `pictures` in all. Autograd goes
// back through the members' sums: `gang` must outlive that.
at::Tensor NormByGang(const at::Tensor& x, const NormTensors& norm, std::int64_t pictures,
                      Gang& gang);

}  // namespace unmask
