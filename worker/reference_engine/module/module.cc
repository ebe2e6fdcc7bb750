// unmask-torch.so: all that is ours and calls libtorch.
#include "common/base/build_info.h"
#include "worker/clip_engine/clip_engine.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/model/torch_module.h"
#include "worker/reference_engine/reference_engine.h"

extern "C" __attribute__((visibility("default"))) const unmask::TorchModule* UnmaskTorchModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::TorchModule module{build_id.c_str(),           unmask::MakeReferenceEngine,
                                          unmask::MakeFinetuneEngine, unmask::MakeLanesEngine,
                                          unmask::HasCuda,            unmask::MakeClipEngine};
  return &module;
}
