// unmask-torch.so: all that is ours and calls libtorch.
#include "common/base/build_info.h"
#include "worker/clip_engine/clip_engine.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/model/torch_module.h"
#include "worker/reference_engine/reference_engine.h"

namespace {

using unmask::Engine;
using unmask::FoldData;
using unmask::ModelShape;
using unmask::Settings;

c10::Device DeviceFor(bool cuda) { return cuda ? c10::kCUDA : c10::kCPU; }

std::unique_ptr<Engine> MakeReference(bool cuda, const Settings& settings, const ModelShape& shape,
                                      const FoldData& fold) {
  return unmask::MakeReferenceEngineOn(DeviceFor(cuda), settings, shape, fold);
}

std::unique_ptr<Engine> MakeFinetune(bool cuda, const Settings& settings, const ModelShape& shape,
                                     const FoldData& fold) {
  return unmask::MakeFinetuneEngineOn(DeviceFor(cuda), settings, shape, fold);
}

std::unique_ptr<Engine> MakeClip(bool cuda, const Settings& settings, const ModelShape& shape,
                                 const FoldData& fold) {
  return unmask::MakeClipEngineOn(DeviceFor(cuda), settings, shape, fold);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const unmask::TorchModule* UnmaskTorchModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::TorchModule module{build_id.c_str(),        MakeReference,   MakeFinetune,
                                          unmask::MakeLanesEngine, unmask::HasCuda, MakeClip};
  return &module;
}
