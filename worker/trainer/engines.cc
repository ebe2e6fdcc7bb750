#include "worker/trainer/engines.h"

#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include "worker/core_engine/core_engine.h"
#include "worker/model/torch_module.h"
#include "worker/trainer/torch_library.h"

namespace unmask {
namespace {

// Loaded once, and kept for the process's life.
const TorchModule& Torch() {
  static const TorchModule& module = *LoadTorchModule<TorchModule>(kTorchModuleSymbol);
  return module;
}

}  // namespace

std::unique_ptr<Engine> MakeEngine(const Settings& settings, const ModelShape& shape,
                                   const FoldData& fold) {
  if (settings.train.engine == EngineKind::kCore) return MakeCoreEngine(settings, shape, fold);
  return Torch().make_reference_engine(settings, shape, fold);
}

std::string EngineVersions() {
  return fmt::format("torch-{}|{}|{}", TORCH_VERSION, kReferenceEngine, CoreEngineName());
}

}  // namespace unmask
