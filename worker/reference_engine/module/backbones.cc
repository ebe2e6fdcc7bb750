// The second table of unmask-torch.so.
#include "common/base/build_info.h"
#include "worker/backbone/backbone_module.h"
#include "worker/finetune_engine/device_backbone.h"

namespace {

unmask::Result<std::unique_ptr<unmask::Backbone>> MakeCudaBackbone(unmask::BackboneParts parts) {
  return unmask::MakeBackboneOn(c10::kCUDA, std::move(parts));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const unmask::BackboneModule*
UnmaskBackboneModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::BackboneModule module{build_id.c_str(), unmask::MakeBackbone,
                                             MakeCudaBackbone, unmask::MakeTextModel};
  return &module;
}
