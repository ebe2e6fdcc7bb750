// What the shared library `unmask-torch.so` offers. The trainer opens it when a job needs libtorch
// (worker/trainer/engines.cc), so that a sweep on the core engine never waits for libtorch to load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/config/settings.h"
#include "worker/model/engine.h"
#include "worker/model/fold.h"
#include "worker/model/model_shape.h"

namespace unmask {

// The reference engine's version, part of the numerics class.
inline constexpr std::string_view kReferenceEngine = "reference-1";
// The lanes engine's; changes with kCpuLanes and kCudaLanes too.
inline constexpr std::string_view kLanesEngine = "lanes-3";

struct TorchModule {
  const char* build_id;  // must be the trainer's own: the rest is C++ between the two
  // `cuda`: on the CUDA device, else on the CPU.
  std::unique_ptr<Engine> (*make_reference_engine)(bool cuda, const Settings&, const ModelShape&,
                                                   const FoldData&);
  // For folds with a backbone.
  std::unique_ptr<Engine> (*make_finetune_engine)(bool cuda, const Settings&, const ModelShape&,
                                                  const FoldData&);
  // The first call decides how many lanes a pack has, and whether it lies on the CUDA device.
  std::unique_ptr<Engine> (*make_lanes_engine)(std::int64_t lanes, bool cuda, const Settings&,
                                               const ModelShape&, const FoldData&);
  // The CUDA device's model; "": there is none that this libtorch can use.
  std::string (*cuda_device_model)();
  std::unique_ptr<Engine> (*make_clip_engine)(bool cuda, const Settings&, const ModelShape&,
                                              const FoldData&);
};

inline constexpr const char* kTorchModuleFile = "unmask-torch.so";  // beside the trainer
inline constexpr const char* kTorchModuleSymbol = "UnmaskTorchModule";

}  // namespace unmask
