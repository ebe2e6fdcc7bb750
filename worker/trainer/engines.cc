#include "worker/trainer/engines.h"

#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include <stdexcept>

#include "common/base/first_line.h"
#include "common/base/shared_module.h"
#include "common/jobs/lanes.h"
#include "worker/backbone/backbone.h"
#include "worker/core_engine/core_engine.h"
#include "worker/model/torch_module.h"

namespace unmask {
namespace {

const TorchModule& Torch() {
  const auto module = OpenModuleTable<TorchModule>(kTorchModuleFile, kTorchModuleSymbol);
  if (!module.ok()) throw std::runtime_error(OneLine(module.error()));
  return **module;
}

}  // namespace

std::unique_ptr<Engine> MakeEngine(DeviceKind device, const Settings& settings,
                                   const ModelShape& shape, const FoldData& fold) {
  const bool cuda = device == DeviceKind::kCuda;
  if (shape.prompt) return Torch().make_clip_engine(cuda, settings, shape, fold);
  if (fold.backbone) return Torch().make_finetune_engine(cuda, settings, shape, fold);
  if (settings.train.engine == EngineKind::kCore) return MakeCoreEngine(settings, shape, fold);
  if (settings.train.engine == EngineKind::kLanes) {
    return Torch().make_lanes_engine(cuda ? kCudaLanes : kCpuLanes, cuda, settings, shape, fold);
  }
  return Torch().make_reference_engine(cuda, settings, shape, fold);
}

Result<std::string> CheckDevice(DeviceKind device) {
  if (device != DeviceKind::kCuda) return std::string();
  try {
    std::string model = Torch().cuda_device_model();
    if (!model.empty()) return model;
  } catch (const std::exception& exception) {
    return DataError(FirstLine(exception.what()));
  }
  return UsageError("no CUDA device can be used here", "train.device=cuda",
                    "an NVIDIA GPU (compute capability 7.5, driver 580, or newer) and a build for "
                    "it (./dev build --gpu), or train.device=cpu");
}

std::string EngineVersions() {
  return fmt::format("torch-{}|{}|{}|{}|{}", TORCH_VERSION, kReferenceEngine, kLanesEngine,
                     CoreEngineName(), kBackbones);
}

}  // namespace unmask
