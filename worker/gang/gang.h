// The members of a gang: processes that train one job together. The one place that knows c10d; what
// the members share goes through this interface. Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace unmask {

// A member is gone, or did not answer in time; the gang is of no more use.
struct GangLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// All members make the same calls in the same order. One thread a gang. Throws GangLost.
class Gang {
 public:
  virtual ~Gang() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Each tensor becomes the sum of all members'; afterwards its bits are the same on each.
  virtual void Sum(std::vector<at::Tensor> tensors) = 0;
};

struct GangPlace {
  int rank = 0;
  int size = 0;
  std::string host;        // where member 0 listens: a name or an address
  std::uint16_t port = 0;  // likewise; 0: member 0 takes a free one
  std::string address;     // this member's own, at which the others reach it
  // For the others to come, and for one sum.
  std::chrono::milliseconds timeout{60'000};
  at::Device device = at::kCPU;  // whose tensors are summed: over NCCL on a CUDA device, else Gloo
};

// Waits until all members are there. Member 0 says where it listens before it waits.
std::unique_ptr<Gang> JoinGang(const GangPlace& place,
                               const std::function<void(std::uint16_t port)>& listening);

}  // namespace unmask
