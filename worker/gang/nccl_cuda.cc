#include <c10/cuda/CUDAFunctions.h>
#include <c10/util/env.h>

#include <exception>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "common/base/log.h"
#include "worker/gang/nccl.h"

namespace unmask {
namespace {

class Nccl final : public c10d::ProcessGroupNCCL {
 public:
  using ProcessGroupNCCL::ProcessGroupNCCL;
  // What is under way is given up: the others may be gone. The base class would do it with a
  // warning, and end the process where it throws.
  ~Nccl() override {
    try {
      abort();
    } catch (const std::exception& error) {
      LogError(std::string("gang: NCCL does not let go: ") + error.what());
    }
  }
};

}  // namespace

c10::intrusive_ptr<c10d::Backend> ConnectNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                              const NcclPlace& place) {
  // wait() then waits for the device, with the timeout, and throws. Otherwise a watchdog thread
  // looks after the sums, and ends the process where one fails.
  c10::utils::set_env("TORCH_NCCL_BLOCKING_WAIT", "1");
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = place.timeout;
  auto group = c10::make_intrusive<Nccl>(store, place.rank, place.size, options);
  const auto index = place.device.has_index() ? place.device.index() : c10::cuda::current_device();
  group->eagerConnectSingleDevice({c10::kCUDA, index});
  return group;
}

}  // namespace unmask
