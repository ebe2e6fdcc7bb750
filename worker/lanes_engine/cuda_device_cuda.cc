#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>

#include "worker/lanes_engine/cuda_device.h"

namespace unmask {

std::string CudaDeviceModel() {
  if (!at::hasCUDA()) return "";
  int device = 0;
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDevice(&device));
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  // libtorch has no kernels for devices that are too old, which nothing else tells.
  (void)at::ones({1}, at::TensorOptions(at::kCUDA)).item<float>();
  return properties.name;
}

}  // namespace unmask
