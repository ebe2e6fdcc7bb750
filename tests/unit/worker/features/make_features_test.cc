#include "worker/features/make_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/data/pictures.h"
#include "tests/testing/limit_memory.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class MakeCropsDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(store_ / "blobs");
    fs::create_directories(store_ / "paths");
    ASSERT_TRUE(WriteFileDurably(store_ / "video.mp4", "any").ok());
    const std::string sha256 = HashFile(store_ / "video.mp4").value();
    std::vector<Picture> pictures;
    std::vector<FrameRef> frames;
    for (const std::int64_t frame : {1, 2, 3}) {
      frames.push_back({store_ / "video.mp4", frame});
      pictures.push_back(
          {"clip_" + std::to_string(frame), FrameFingerprint(sha256, frames.back())});
    }
    spec_.dataset = BlobFolder(store_ / "blobs").Write(PicturesBlob(pictures)).value();
    spec_.settings.faces.detector = FaceDetector::kNone;
    ASSERT_TRUE(WriteFileDurably(store_ / "paths" / spec_.dataset, FramePathsText(frames)).ok());
  }

  const TempFolder temp_;
  const fs::path store_ = temp_.path();
  JobSpec spec_;
};

// What it is to be opened for is the same for every picture.
TEST_F(MakeCropsDeathTest, ALibraryThatCannotBeOpenedEndsIt) {
  const auto make = [&] {
    testing::LimitMemory(8 << 20);  // too little for FFmpeg
    int pictures = 0;
    const auto made = MakeCrops(store_, spec_, [&] { return ++pictures > 0; });
    if (made.ok() || made.error().code != ErrorCode::kInternal || pictures > 0) _exit(1);
    std::fprintf(stderr, "%zu: %s\n", made.error().problems.size(), OneLine(made.error()).c_str());
    _exit(0);
  };
  EXPECT_EXIT(make(), ::testing::ExitedWithCode(0), "1: cannot load: .*unmask-video.so");
}

}  // namespace
}  // namespace unmask
