// The kernel that moves all lanes' weights, against libtorch's operations on the CPU.
#include <ATen/ATen.h>

#include "tests/gpu/cuda_test.h"
#include "worker/lanes_engine/lane_adam.h"
#include "worker/lanes_engine/lane_control.h"
#include "worker/lanes_engine/lane_kernels.h"

namespace unmask {
namespace {

using AdamOnCuda = testing::CudaTest;

constexpr std::int64_t kLanes = 5;
constexpr std::int64_t kFloats = 64 * 1024 + 64;  // more than the blocks of a lane take at once

LaneAdam RandomLanes() {
  const auto random = [] { return at::randn({kLanes, kFloats}); };
  LaneAdam all{random(), random(), random().square(), random(),
               at::zeros({kLanes, static_cast<std::int64_t>(kControlColumns)})};
  Settings settings;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    settings.train.lr = 1e-3 * static_cast<double>(lane + 1);
    settings.train.weight_decay = 1e-2 * static_cast<double>(lane);
    at::Tensor row = all.control[lane];
    FillControl(settings, lane == 2 ? LaneWork::kEvaluate : LaneWork::kTrain, 32, lane + 1,
                {row.mutable_data_ptr<float>(), kControlColumns});
  }
  return all;
}

LaneAdam On(at::Device device, const LaneAdam& all) {
  const auto copy = [&](const at::Tensor& tensor) { return tensor.to(device, false, true); };
  return {copy(all.weights), copy(all.first), copy(all.second), copy(all.gradients),
          copy(all.control)};
}

TEST_F(AdamOnCuda, MovesWhatOperationsMove) {
  at::manual_seed(1);
  const LaneAdam before = RandomLanes();
  const LaneAdam cpu = On(at::kCPU, before);
  const LaneAdam cuda = On(at::kCUDA, before);
  Move(cpu);
  MoveOnCuda(cuda);
  const auto near = [](const at::Tensor& got, const at::Tensor& expected) {
    return at::allclose(got.cpu(), expected, /*rtol=*/2e-6, /*atol=*/1e-7);
  };
  EXPECT_TRUE(near(cuda.weights, cpu.weights));
  EXPECT_TRUE(near(cuda.first, cpu.first));
  EXPECT_TRUE(near(cuda.second, cpu.second));
  EXPECT_FALSE(cuda.weights[1].cpu().equal(before.weights[1]));
  // The lane that evaluates.
  EXPECT_TRUE(cuda.weights[2].cpu().equal(before.weights[2]));
  EXPECT_TRUE(cuda.first[2].cpu().equal(before.first[2]));
  EXPECT_TRUE(cuda.second[2].cpu().equal(before.second[2]));
}

}  // namespace
}  // namespace unmask
