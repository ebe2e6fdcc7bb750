#include <ATen/Context.h>
#include <c10/cuda/CUDAException.h>

#include "worker/lanes_engine/cuda_device.h"

namespace unmask {

std::string CudaDeviceModel() {
  if (!at::hasCUDA()) return "";
  int device = 0;
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDevice(&device));
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  return properties.name;
}

}  // namespace unmask
