#include "worker/finetune_engine/finetune_engine.h"

#include "worker/finetune_engine/backbone_stage.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/reference_engine.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {

std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold) {
  return MakeFinetuneEngine(device, settings, shape, fold,
                            fold.gang == nullptr ? nullptr : MeetGang(*fold.gang, device));
}

std::unique_ptr<Engine> MakeFinetuneEngine(c10::Device device, const Settings& settings,
                                           const ModelShape& shape, const FoldData& fold,
                                           std::unique_ptr<Gang> gang) {
  PrepareNumerics(device);
  return WithStandardErrors([&] {
    return std::make_unique<ReferenceEngine>(
        settings, shape, fold, std::make_unique<BackboneStage>(fold, std::move(gang), device),
        device);
  });
}

}  // namespace unmask
