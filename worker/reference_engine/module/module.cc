// unmask-torch.so: all that is ours and calls libtorch.
#include "common/base/build_info.h"
#include "worker/clip_engine/clip_engine.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/model/torch_module.h"
#include "worker/reference_engine/reference_engine.h"

namespace {

std::unique_ptr<unmask::Engine> MakeFinetuneEngineAlone(const unmask::Settings& settings,
                                                        const unmask::ModelShape& shape,
                                                        const unmask::FoldData& fold) {
  return unmask::MakeFinetuneEngine(settings, shape, fold);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const unmask::TorchModule* UnmaskTorchModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::TorchModule module{build_id.c_str(),        unmask::MakeReferenceEngine,
                                          MakeFinetuneEngineAlone, unmask::MakeLanesEngine,
                                          unmask::HasCuda,         unmask::MakeClipEngine};
  return &module;
}
