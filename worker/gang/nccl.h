// NCCL among CUDA devices, as a back end of c10d. Only for worker/gang.
#pragma once

#include <c10/core/Device.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace unmask {

struct NcclPlace {
  int rank = 0;
  int size = 0;
  c10::Device device;  // this member's own
  std::chrono::milliseconds timeout;
};

// Waits until all members are there. What it sums is summed when the wait for it returns; a sum
// that fails, or takes longer than the timeout, throws there and never ends the process. Throws in
// a build for CPUs.
c10::intrusive_ptr<c10d::Backend> MeetOverNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                               const NcclPlace& place);

// The part that needs CUDA: all members are known to be there.
c10::intrusive_ptr<c10d::Backend> ConnectNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                              const NcclPlace& place);

}  // namespace unmask
