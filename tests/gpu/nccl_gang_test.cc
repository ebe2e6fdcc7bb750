// Gangs over NCCL: of two devices where there are two, else of one.
#include <ATen/ATen.h>

#include <algorithm>
#include <future>
#include <thread>

#include "tests/gpu/cuda_test.h"
#include "tests/unit/worker/finetune_engine/small_backbone.h"
#include "worker/finetune_engine/finetune_engine.h"
#include "worker/gang/gang.h"

namespace unmask {
namespace {

using testing::AllClips;
using testing::SmallCase;
using NcclGang = testing::CudaTest;

// Calls `f(gang, device)` for every member, each on a thread and a device of its own.
template <class F>
void InGang(int size, std::chrono::milliseconds timeout, F f) {
  std::promise<std::uint16_t> listening;
  const std::shared_future<std::uint16_t> port = listening.get_future().share();
  std::vector<std::jthread> members;
  members.reserve(static_cast<std::size_t>(size));
  for (int rank = 0; rank < size; ++rank) {
    members.emplace_back([&, rank] {
      const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(rank));
      const std::uint16_t at = rank == 0 ? std::uint16_t{0} : port.get();
      GangPlace place{rank, size, "127.0.0.1", at, "127.0.0.1", timeout};
      place.device = device;
      f(JoinGang(place, [&](std::uint16_t taken) { listening.set_value(taken); }), device);
    });
  }
}

struct Trained {
  std::vector<float> losses;
  NamedTensors weights;
};

Trained Train(const SmallCase& small, std::unique_ptr<Gang> gang, c10::Device device) {
  const DropoutMasks masks = testing::SmallMasks(small.tasks);
  const auto engine =
      MakeFinetuneEngine(device, small.settings, small.shape, small.fold, std::move(gang));
  engine->SetWeights(small.weights);
  Trained trained;
  for (int step = 0; step < 5; ++step) {
    trained.losses.push_back(engine->Step(0, AllClips(), masks).loss);
  }
  trained.weights = engine->Weights();
  return trained;
}

TEST_F(NcclGang, MembersAgreeWithOneProcess) {
  const int size = std::min(2, testing::CudaDevices());
  for (std::size_t number = 0; number < testing::kSmallCases; ++number) {
    SCOPED_TRACE(number);
    const SmallCase small(number);
    const Trained alone = Train(small, nullptr, c10::kCUDA);
    std::vector<Trained> members(static_cast<std::size_t>(size));
    InGang(size, std::chrono::minutes(1), [&](std::unique_ptr<Gang> gang, c10::Device device) {
      EXPECT_EQ(gang->size(), size);
      Trained& member = members[static_cast<std::size_t>(gang->rank())];
      member = Train(small, std::move(gang), device);
    });
    for (const Trained& member : members) {
      EXPECT_TRUE(member.weights == members.front().weights);  // bit by bit
      for (std::size_t i = 0; i < alone.losses.size(); ++i) {
        EXPECT_NEAR(member.losses[i], alone.losses[i], 1e-3);
      }
    }
  }
}

// On one machine nothing tells NCCL that a member has gone, so the timeout does.
TEST_F(NcclGang, AMemberThatLeavesIsNoticedInTime) {
  if (testing::CudaDevices() < 2) GTEST_SKIP() << "one CUDA device alone";
  InGang(2, std::chrono::seconds(10), [&](const std::unique_ptr<Gang>& gang, c10::Device device) {
    if (gang->rank() == 1) return;
    const at::Tensor ones = at::ones({8}, at::device(device));
    EXPECT_THROW(gang->Sum({ones}), GangLost);
  });
}

}  // namespace
}  // namespace unmask
