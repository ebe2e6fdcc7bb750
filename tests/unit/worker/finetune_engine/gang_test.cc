// Gangs over Gloo on the loopback interface, at a free port that member 0 takes.
#include "worker/gang/gang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include "small_backbone.h"
#include "worker/finetune_engine/finetune_engine.h"

namespace unmask {
namespace {

using testing::AllClips;
using testing::SmallCase;
using testing::SmallMasks;

constexpr int kSteps = 10;

// As the trainer does (worker/trainer/main): several members in one process would break it.
const int flight_recorder_is_off = setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/1);

GangPlace Place(int rank, int size, std::uint16_t port, int timeout_ms = 60'000) {
  return {rank, size, "127.0.0.1", port, "127.0.0.1", std::chrono::milliseconds(timeout_ms)};
}

struct Trained {
  NamedTensors weights;
  Evaluation evaluation;
  std::vector<float> losses;
};

Trained Train(const SmallCase& small, std::unique_ptr<Gang> gang) {
  const DropoutMasks masks = SmallMasks(small.tasks);
  const auto engine =
      MakeFinetuneEngine(c10::kCPU, small.settings, small.shape, small.fold, std::move(gang));
  engine->SetWeights(small.weights);
  Trained trained;
  for (int step = 0; step < kSteps; ++step) {
    trained.losses.push_back(engine->Step(0, AllClips(), masks).loss);
  }
  trained.weights = engine->Weights();
  trained.evaluation = engine->Evaluate(AllClips());
  return trained;
}

// Each member on a thread of its own.
std::vector<Trained> TrainInGang(const SmallCase& small, int size) {
  std::promise<std::uint16_t> listening;
  const std::shared_future<std::uint16_t> port = listening.get_future().share();
  std::vector<Trained> trained(static_cast<std::size_t>(size));
  std::vector<std::jthread> members;
  members.reserve(trained.size());
  for (int rank = 0; rank < size; ++rank) {
    members.emplace_back([&, rank] {
      auto gang = JoinGang(Place(rank, size, rank == 0 ? 0 : port.get()),
                           [&](std::uint16_t taken) { listening.set_value(taken); });
      trained[static_cast<std::size_t>(rank)] = Train(small, std::move(gang));
    });
  }
  members.clear();  // waits for all
  return trained;
}

void ExpectNear(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << what << i;
}

// The BatchNorm behind these takes their shift away, so their slope is rounding alone, and Adam
// makes steps of it where the weight's own decay is near zero. Nothing depends on them.
bool IsShiftWithoutEffect(const std::string& name) {
  return name.ends_with(".linear.bias") || name == "backbone/final.bias";
}

class GangTest : public ::testing::TestWithParam<std::size_t> {};

// Members have unequal shares: 7 clips over 2 and over 3.
TEST_P(GangTest, MembersAgreeWithOneProcess) {
  const SmallCase small(GetParam());
  const Trained alone = Train(small, nullptr);
  for (const int size : {2, 3}) {
    const std::vector<Trained> members = TrainInGang(small, size);
    for (const Trained& member : members) {
      EXPECT_EQ(member.weights, members.front().weights);  // bit by bit
      EXPECT_EQ(member.losses, members.front().losses);
    }
    ExpectNear(members.front().losses, alone.losses, "loss");
    for (const auto& [name, tensor] : alone.weights) {
      if (IsShiftWithoutEffect(name)) continue;
      ExpectNear(members.front().weights.at(name).values, tensor.values, name);
    }
    for (std::size_t head = 0; head < small.tasks.size(); ++head) {
      ExpectNear(members.back().evaluation.logits[head], alone.evaluation.logits[head], "logit");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GangTest, ::testing::Range<std::size_t>(0, testing::kSmallCases));

// Pictures of a process that gets a signal in the middle of its third step.
class FatalInputs final : public Inputs {
 public:
  FatalInputs(std::shared_ptr<const Inputs> inputs, int signal)
      : inputs_(std::move(inputs)), signal_(signal) {}
  void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const override {
    if (++copied_ == 2 * 4 + 2) std::raise(signal_);  // 4 of 7 clips a step
    inputs_->Copy(view, clip, row);
  }

 private:
  std::shared_ptr<const Inputs> inputs_;
  int signal_;
  mutable int copied_ = 0;
};

// Member 1, in a process of its own that never returns.
[[noreturn]] void BecomeMember(SmallCase& small, int port_from, int signal) {
  std::uint16_t port = 0;
  if (read(port_from, &port, sizeof(port)) != sizeof(port)) _exit(3);
  small.fold.inputs = std::make_shared<FatalInputs>(small.fold.inputs, signal);
  Train(small, JoinGang(Place(1, 2, port), [](std::uint16_t) {}));
  _exit(4);  // it should not come so far
}

void ExpectLostMemberIsNoticed(int signal, int timeout_ms) {
  SmallCase small(0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t member = fork();
  ASSERT_GE(member, 0);
  if (member == 0) BecomeMember(small, ends[0], signal);
  const auto tell = [&](std::uint16_t port) {
    ASSERT_EQ(write(ends[1], &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
  };
  EXPECT_THROW(Train(small, JoinGang(Place(0, 2, 0, timeout_ms), tell)), GangLost);
  kill(member, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(member, &status, 0), member);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
  close(ends[0]);
  close(ends[1]);
}

TEST(Gang, AKilledMemberIsNoticed) { ExpectLostMemberIsNoticed(SIGKILL, 60'000); }

TEST(Gang, AMemberThatHangsIsNoticedInTime) { ExpectLostMemberIsNoticed(SIGSTOP, 10'000); }

TEST(Gang, AMemberThatNeverComesIsNoticed) {
  EXPECT_THROW(JoinGang(Place(0, 2, 0, 1'000), [](std::uint16_t) {}), GangLost);
}

// Before anything of NCCL is called, so that this needs no device.
TEST(Gang, AMemberThatNeverComesToNcclIsNoticed) {
  GangPlace place = Place(0, 2, 0, 1'000);
  place.device = at::kCUDA;
  EXPECT_THAT([&] { JoinGang(place, [](std::uint16_t) {}); },
              ::testing::ThrowsMessage<GangLost>(::testing::HasSubstr("member/1")));
}

}  // namespace
}  // namespace unmask
