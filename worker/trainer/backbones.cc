#include "worker/trainer/backbones.h"

#include "common/base/shared_module.h"
#include "worker/backbone/backbone_module.h"
#include "worker/model/torch_module.h"

namespace unmask {

Result<std::unique_ptr<Backbone>> MakeTorchBackbone(DeviceKind device, BackboneParts parts) {
  UNMASK_ASSIGN(const BackboneModule* module,
                OpenModuleTable<BackboneModule>(kTorchModuleFile, kBackboneModuleSymbol));
  return device == DeviceKind::kCuda ? module->make_cuda_backbone(std::move(parts))
                                     : module->make_backbone(std::move(parts));
}

}  // namespace unmask
