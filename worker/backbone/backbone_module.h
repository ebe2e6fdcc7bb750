// What `unmask-torch.so` offers besides engines (worker/model/torch_module.h).
#pragma once

#include "worker/backbone/backbone.h"
#include "worker/backbone/text_model.h"

namespace unmask {

struct BackboneModule {
  const char* build_id;            // must be the trainer's own: the rest is C++ between the two
  BackboneFactory* make_backbone;  // on the CPU
  BackboneFactory* make_cuda_backbone;  // on the CUDA device
  TextModelFactory* make_text_model;
};

inline constexpr const char* kBackboneModuleSymbol = "UnmaskBackboneModule";

}  // namespace unmask
