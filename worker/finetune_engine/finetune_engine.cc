#include "worker/finetune_engine/finetune_engine.h"

#include "worker/finetune_engine/backbone_stage.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/reference_engine.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {

std::unique_ptr<Engine> MakeFinetuneEngine(const Settings& settings, const ModelShape& shape,
                                           const FoldData& fold, Gang* gang, c10::Device device) {
  PrepareNumerics(device);
  return WithStandardErrors([&] {
    return std::make_unique<ReferenceEngine>(
        settings, shape, fold, std::make_unique<BackboneStage>(fold, gang, device), device);
  });
}

}  // namespace unmask
