// unmask-torch.so: all that is ours and calls libtorch.
#include "common/base/build_info.h"
#include "worker/clip_engine/clip_engine.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/lanes_engine/cuda_device.h"
#include "worker/lanes_engine/lanes_engine.h"
#include "worker/model/torch_module.h"
#include "worker/reference_engine/reference_engine.h"

namespace {

using unmask::Engine;
using unmask::FoldData;
using unmask::ModelShape;
using unmask::Settings;

using MakeOnDevice = std::unique_ptr<Engine>(c10::Device, const Settings&, const ModelShape&,
                                             const FoldData&);
template <MakeOnDevice* kMake>
std::unique_ptr<Engine> MakeWhere(bool cuda, const Settings& settings, const ModelShape& shape,
                                  const FoldData& fold) {
  return kMake(cuda ? c10::kCUDA : c10::kCPU, settings, shape, fold);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const unmask::TorchModule* UnmaskTorchModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::TorchModule module{build_id.c_str(),
                                          MakeWhere<unmask::MakeReferenceEngine>,
                                          MakeWhere<unmask::MakeFinetuneEngine>,
                                          unmask::MakeLanesEngine,
                                          unmask::CudaDeviceModel,
                                          MakeWhere<unmask::MakeClipEngine>};
  return &module;
}
