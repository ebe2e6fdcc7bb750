#include "worker/trainer/backbones.h"

#include <exception>

#include "worker/backbone/backbone_module.h"
#include "worker/trainer/torch_library.h"

namespace unmask {

Result<std::unique_ptr<Backbone>> MakeTorchBackbone(BackboneParts parts) {
  try {
    static const auto* module = LoadTorchModule<BackboneModule>(kBackboneModuleSymbol);
    return module->make_backbone(std::move(parts));
  } catch (const std::exception& error) {
    return InternalError(error.what());
  }
}

}  // namespace unmask
