#include "worker/features/blob_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

class BlobTensorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crops_ =
        blobs().Write(BlobTensorBytes(kCropsTensor, DType::kU8, {2, 1, 1, 3}, "abcdef")).value();
  }
  BlobFolder blobs() const { return BlobFolder(folder_); }

  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
  std::string crops_;
};

TEST_F(BlobTensorsTest, RowsAreThoseThatWereWritten) {
  BlobTensors tensors(blobs());
  const auto crops = tensors.Open(crops_, kCropsTensor, DType::kU8, 4);
  ASSERT_TRUE(crops.ok()) << FormatError(crops.error());
  EXPECT_EQ(crops->rows(), 2);
  EXPECT_EQ(crops->row(0), "abc");
  EXPECT_EQ(crops->row(1), "def");
}

// The same blob is not taken for another tensor because it is open already.
TEST_F(BlobTensorsTest, CropsAreNoFeatures) {
  BlobTensors tensors(blobs());
  ASSERT_TRUE(tensors.Open(crops_, kCropsTensor, DType::kU8, 4).ok());
  EXPECT_FALSE(tensors.Open(crops_, kFeaturesTensor, DType::kF32, 2).ok());
  EXPECT_FALSE(BlobTensors(blobs()).Open(crops_, kCropsTensor, DType::kU8, 3).ok());
  EXPECT_FALSE(BlobTensors(blobs()).Open(crops_, kCropsTensor, DType::kF32, 4).ok());
}

TEST_F(BlobTensorsTest, ADamagedBlobIsNotUsed) {
  std::fstream file(folder_ / crops_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('x');
  file.close();
  const auto crops = BlobTensors(blobs()).Open(crops_, kCropsTensor, DType::kU8, 4);
  ASSERT_FALSE(crops.ok());
  EXPECT_THAT(FormatError(crops.error()), HasSubstr("damaged"));
}

TEST_F(BlobTensorsTest, AnAbsentBlobIsAnError) {
  EXPECT_FALSE(BlobTensors(blobs()).Open(std::string(64, 'f'), kCropsTensor, DType::kU8, 4).ok());
  EXPECT_FALSE(BlobTensors(blobs()).Open("../x", kCropsTensor, DType::kU8, 4).ok());
}

}  // namespace
}  // namespace unmask
