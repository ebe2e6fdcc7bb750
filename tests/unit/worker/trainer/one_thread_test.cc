// All tests here run as a trainer does: one thread, whatever the machine has.
#include <gtest/gtest.h>

#include "worker/trainer/torch_runtime.h"

namespace unmask {
namespace {

class OneThread : public ::testing::Environment {
 public:
  void SetUp() override { PrepareTrainingThread(); }
};

const auto* const kOneThread = ::testing::AddGlobalTestEnvironment(new OneThread);

TEST(TorchRuntime, TellsMemoryFromOtherErrors) {
  EXPECT_EQ(FailureOfException(std::bad_alloc()), FailureClass::kOutOfMemory);
  EXPECT_EQ(FailureOfException(std::runtime_error("DefaultCPUAllocator: can't allocate memory: "
                                                  "you tried to allocate 9 bytes.")),
            FailureClass::kOutOfMemory);
  EXPECT_EQ(FailureOfException(std::runtime_error("shapes")), FailureClass::kExit);
  EXPECT_EQ(TorchVersion().substr(0, 2), "2.");
}

}  // namespace
}  // namespace unmask
