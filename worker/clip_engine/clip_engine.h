// `clip-zero-shot` and `clip-prompt`: classes told by CLIP's text side (docs/clip-text.md), on
// libtorch's autograd. A clip's logits are exp(logit_scale) times the cosines of its projected
// features and the features of the classes' prompts. What is learnt are the tokens before a class's
// word (CoOp: Zhou et al., IJCV 2022), one set for each task; the text transformer stays as it is.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "worker/model/engine.h"

namespace unmask {

// Computes everything on `device`. `fold`, whose `text` is there, must outlive the engine. One
// thread makes and uses it. A step of zero-shot is a forward pass. Throws std::runtime_error where
// the classes cannot be told by this text side, std::bad_alloc for want of memory.
std::unique_ptr<Engine> MakeClipEngine(c10::Device device, const Settings& settings,
                                       const ModelShape& shape, const FoldData& fold);

}  // namespace unmask
