#include "worker/trainer/torch_runtime.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <new>
#include <string_view>

namespace unmask {

std::string TorchVersion() { return TORCH_VERSION; }

void PrepareTrainingThread() { at::set_num_threads(1); }

FailureClass FailureOfException(const std::exception& exception) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
      dynamic_cast<const c10::OutOfMemoryError*>(&exception) != nullptr) {
    return FailureClass::kOutOfMemory;
  }
  // The CPU's allocator throws a plain c10::Error.
  const std::string_view what = exception.what();
  if (what.find("DefaultCPUAllocator: can't allocate memory") != std::string_view::npos ||
      what.find("DefaultCPUAllocator: not enough memory") != std::string_view::npos) {
    return FailureClass::kOutOfMemory;
  }
  return FailureClass::kExit;
}

}  // namespace unmask
