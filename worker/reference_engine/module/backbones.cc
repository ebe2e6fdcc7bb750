// The second table of unmask-torch.so.
#include "common/base/build_info.h"
#include "worker/backbone/backbone_module.h"

extern "C" __attribute__((visibility("default"))) const unmask::BackboneModule*
UnmaskBackboneModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::BackboneModule module{build_id.c_str(), unmask::MakeBackbone,
                                             unmask::MakeTextModel};
  return &module;
}
