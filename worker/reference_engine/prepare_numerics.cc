#include "worker/reference_engine/prepare_numerics.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

namespace unmask {

void PrepareNumerics(c10::Device device) {
  at::set_num_threads(1);
  if (!device.is_cuda()) return;
  at::Context& context = at::globalContext();
  context.setAllowTF32CuDNN(false);  // convolutions would be; matrix products are not
  context.setDeterministicCuDNN(true);
  context.setSDPUseMemEfficient(false);
}

}  // namespace unmask
