// The members of a gang: processes that train one job together. The one place that knows c10d; what
// the members share goes through this interface. Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/model/gang_meeting.h"

namespace unmask {

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
  // For one sum; and for the others to come, but there at most a minute.
  std::chrono::milliseconds timeout{60'000};
  // Told when this member begins to wait for the others, and when it ends; may be empty.
  std::function<void(bool)> waiting{};
  // Whose tensors are summed: over NCCL on a CUDA device, else over Gloo.
  at::Device device = at::kCPU;
};

// Waits until all members are there. Member 0 says where it listens before it waits.
std::unique_ptr<Gang> JoinGang(const GangPlace& place,
                               const std::function<void(std::uint16_t port)>& listening);

// As a job's meeting has it: throws GangDismissed too. `meeting` must outlive the gang.
std::unique_ptr<Gang> MeetGang(GangMeeting& meeting, at::Device device);

}  // namespace unmask
