#include "worker/agent/gpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GpusTest, WhatTheUserMadeVisibleCounts) {
  EXPECT_THAT(UsableGpus("2, 5,GPU-8a"), ElementsAre("2", "5", "GPU-8a"));
  EXPECT_THAT(UsableGpus(""), IsEmpty());
}

TEST(GpusTest, ElseWhatTheDriverLists) {
  const TempFolder temp;
  const fs::path& folder = temp.path();
  for (const char* gpu : {"0000:01:00.0", "0000:41:00.0"}) fs::create_directory(folder / gpu);
  EXPECT_THAT(UsableGpus(std::nullopt, folder), ElementsAre("0", "1"));
  fs::remove_all(folder);
  EXPECT_THAT(UsableGpus(std::nullopt, folder), IsEmpty());
}

TEST(GpusTest, RanksOfAMachineHaveDifferentOnes) {
  const std::vector<std::string> gpus = {"4", "5", "6"};
  for (const int first : {0, 1}) {  // without and with rank 0, which has none
    std::set<std::string> taken;
    for (int rank = first; rank < first + 3; ++rank) taken.insert(GpuOfRank(gpus, rank));
    EXPECT_EQ(taken.size(), 3U);
  }
  EXPECT_EQ(GpuOfRank(gpus, 7), GpuOfRank(gpus, 1));  // more ranks than GPUs share
  EXPECT_EQ(GpuOfRank({}, 1), "");
}

}  // namespace
}  // namespace unmask
