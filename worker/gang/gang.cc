#include "worker/gang/gang.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <span>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "common/base/first_line.h"
#include "worker/gang/nccl.h"

namespace unmask {
namespace {

constexpr std::int64_t kBucket = 1 << 22;  // floats that are summed at once, and one tensor more

// What is thrown inside c10d, as GangLost.
template <class F>
auto WithGangErrors(const char* doing, F f) {
  try {
    return f();
  } catch (const GangDismissed&) {
    throw;
  } catch (const std::exception& error) {
    throw GangLost(fmt::format("gang: {}: {}", doing, FirstLine(error.what())));
  }
}

class ProcessGang final : public Gang {
 public:
  ProcessGang(c10::intrusive_ptr<c10d::Store> store, c10::intrusive_ptr<c10d::Backend> group,
              std::function<void(bool)> waiting)
      : store_(std::move(store)), group_(std::move(group)), waiting_(std::move(waiting)) {}

  int rank() const override { return group_->getRank(); }
  int size() const override { return group_->getSize(); }

  void Sum(std::vector<at::Tensor> tensors) override {
    const at::NoGradGuard no_grad;
    WithGangErrors("a sum over the members", [&] {
      for (std::size_t from = 0; from < tensors.size();) {
        std::size_t to = from;
        for (std::int64_t floats = 0; to < tensors.size() && (to == from || floats < kBucket);
             ++to) {
          floats += tensors[to].numel();
        }
        SumBucket({tensors.data() + from, to - from});
        from = to;
      }
    });
  }

 private:
  // As one tensor: what a sum costs is mostly the number of messages.
  void SumBucket(std::span<at::Tensor> tensors) {
    std::vector<at::Tensor> flat;
    flat.reserve(tensors.size());
    for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}));
    std::vector<at::Tensor> bucket = {at::cat(flat)};
    if (waiting_) waiting_(true);
    group_->allreduce(bucket)->wait();
    if (waiting_) waiting_(false);
    std::int64_t place = 0;
    for (at::Tensor& tensor : tensors) {
      tensor.copy_(bucket[0].narrow(0, place, tensor.numel()).view_as(tensor));
      place += tensor.numel();
    }
  }

  c10::intrusive_ptr<c10d::Store> store_;  // member 0's listens as long as it lives
  c10::intrusive_ptr<c10d::Backend> group_;
  std::function<void(bool)> waiting_;
};

std::chrono::milliseconds MeetTimeout(const GangPlace& place) {
  return std::min<std::chrono::milliseconds>(place.timeout, std::chrono::minutes(1));
}

c10::intrusive_ptr<c10d::Store> MeetAt(const GangPlace& place,
                                       const std::function<void(std::uint16_t port)>& listening) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0;
  options.numWorkers = place.size;
  options.waitWorkers = false;
  options.timeout = MeetTimeout(place);
  auto store = c10::make_intrusive<c10d::TCPStore>(place.host, options);
  if (place.rank == 0) listening(store->getPort());
  return store;
}

c10::intrusive_ptr<c10d::Backend> MeetOverGloo(const c10::intrusive_ptr<c10d::Store>& store,
                                               const GangPlace& place) {
  auto options = c10d::ProcessGroupGloo::Options::create(MeetTimeout(place));
  options->threads = 1;  // sums in the order in which they were asked for
  options->devices = {c10d::ProcessGroupGloo::createDeviceForHostname(place.address)};
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
}

}  // namespace

std::unique_ptr<Gang> JoinGang(const GangPlace& place,
                               const std::function<void(std::uint16_t port)>& listening) {
  return WithGangErrors("its members did not come together", [&] {
    c10::intrusive_ptr<c10d::Store> store = MeetAt(place, listening);
    auto group =
        place.device.is_cuda()
            ? MeetOverNccl(store, {place.rank, place.size, place.device, MeetTimeout(place)})
            : MeetOverGloo(store, place);
    group->setTimeout(place.timeout);
    return std::make_unique<ProcessGang>(std::move(store), std::move(group), place.waiting);
  });
}

}  // namespace unmask
