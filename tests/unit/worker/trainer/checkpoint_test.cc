#include "worker/trainer/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/tensors/safetensors.h"

namespace unmask {
namespace {

TrainingState SomeState() {
  TrainingState state;
  state.job_key = "key";
  state.numerics_class = "cpu/x|torch-2";
  state.epoch = 12;
  state.steps = 228;
  state.weights = {{"w", {{2, 2}, {1.5F, -0.0F, 1e-45F, 3e38F}}}, {"b", {{1}, {0.1F}}}};
  state.moments = {{"first/w", {{2, 2}, {1, 2, 3, 4}}}};
  state.best = {{"w", {{1}, {9}}}};
  state.stopping = {7, 33};
  state.curves = {{0, CurveSplit::kTrain, Task::kTer, 0.1, 1.0 / 3},
                  {1, CurveSplit::kValidation, Task::kDer, std::nextafter(1.0, 2.0), 0}};
  state.seconds = 0.1 + 0.2;
  return state;
}

TEST(Checkpoint, KeepsEveryBit) {
  const TrainingState state = SomeState();
  const auto read = DecodeCheckpoint(EncodeCheckpoint(state), "f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, state);
  EXPECT_TRUE(std::signbit(read->weights.at("w").values[1]));
}

TEST(Checkpoint, KeepsAStateWithoutBestAndCurves) {
  TrainingState state = SomeState();
  state.best.clear();
  state.curves.clear();
  const auto read = DecodeCheckpoint(EncodeCheckpoint(state), "f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, state);
}

TEST(Checkpoint, RefusesWhatIsNone) {
  const std::string good = EncodeCheckpoint(SomeState());
  EXPECT_FALSE(DecodeCheckpoint(good.substr(0, good.size() - 1), "f").ok());
  EXPECT_FALSE(DecodeCheckpoint(EncodeWeights(SomeState().weights, "key"), "f").ok());
  const auto without = [&](const std::string& name) {
    Safetensors file = ParseSafetensors(good, "f").value();
    file.tensors.erase(name);
    return DecodeCheckpoint(WriteSafetensors(file), "f").ok();
  };
  EXPECT_TRUE(without("nothing"));
  EXPECT_FALSE(without("counters"));
  EXPECT_FALSE(without("curves"));
  EXPECT_FALSE(without("seconds"));
  Safetensors cut = ParseSafetensors(good, "f").value();
  TensorView& curves = cut.tensors.at("curves");
  curves.shape = {2, 4};
  curves.bytes = curves.bytes.substr(0, 2 * 4 * sizeof(double));
  EXPECT_FALSE(DecodeCheckpoint(WriteSafetensors(cut), "f").ok());
}

}  // namespace
}  // namespace unmask
