#include "worker/trainer/backbones.h"

#include <exception>

#include "common/base/first_line.h"
#include "worker/backbone/backbone_module.h"
#include "worker/trainer/torch_library.h"

namespace unmask {

Result<std::unique_ptr<Backbone>> MakeTorchBackbone(DeviceKind device, BackboneParts parts) {
  try {
    static const auto* module = LoadTorchModule<BackboneModule>(kBackboneModuleSymbol);
    return device == DeviceKind::kCuda ? module->make_cuda_backbone(std::move(parts))
                                       : module->make_backbone(std::move(parts));
  } catch (const std::exception& error) {
    return InternalError(FirstLine(error.what()));
  }
}

}  // namespace unmask
