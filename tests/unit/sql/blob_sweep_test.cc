#include "sql/blob_sweep.h"

#include <gmock/gmock.h>

#include <fstream>

#include "sql/database.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

class BlobSweepTest : public testing::Test, protected StoreEnv {
 protected:
  BlobSweepTest() : blobs(paths().blobs()) {
    const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
    Register(plan);
    const LeaseId lease = LeaseOf(plan.jobs[0].key);
    Lease(lease);
    Apply(RecordCheckpoint{lease, {blobs.Write("checkpoint").value(), 1, 10, "cpu"}});
    Commit();
    kept = {blobs.Write("dataset").value(), Sha256Hex("checkpoint")};
    garbage = blobs.Write("garbage").value();
    temporary = paths().blobs() / (Sha256Hex("x") + ".tmp-12-0");
    std::ofstream(temporary) << "half";
    for (const fs::path& file : foreign) std::ofstream(file) << "not ours";
  }

  BlobFolder blobs;
  std::vector<std::string> kept;
  std::string garbage;
  fs::path temporary;
  const std::vector<fs::path> foreign = {paths().blobs() / "README",
                                         paths().root / Sha256Hex("of somebody"),
                                         paths().root / "notes.tmp-keep"};
};

TEST_F(BlobSweepTest, RemovesWhatNothingRefersTo) {
  store.reset();
  const auto dry = SweepBlobs(paths(), /*dry_run=*/true, false);
  ASSERT_TRUE(dry.ok()) << FormatError(dry.error());
  EXPECT_EQ(dry->files, 2);
  EXPECT_EQ(dry->bytes, 11);
  EXPECT_TRUE(fs::exists(blobs.PathOf(garbage)));

  const auto swept = SweepBlobs(paths(), /*dry_run=*/false, false);
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->files, 2);
  EXPECT_EQ(swept->bytes, 11);
  EXPECT_FALSE(fs::exists(blobs.PathOf(garbage)));
  EXPECT_FALSE(fs::exists(temporary));
  for (const std::string& sha256 : kept) EXPECT_TRUE(blobs.Read(sha256).ok());
  for (const fs::path& file : foreign) EXPECT_TRUE(fs::exists(file)) << file;
  EXPECT_TRUE(fs::exists(paths().database()));
  EXPECT_TRUE(fs::exists(paths().token()));

  EXPECT_EQ(SweepBlobs(paths(), false, false)->files, 0);
}

TEST_F(BlobSweepTest, IsRefusedWhileASweepRuns) {
  const auto swept = SweepBlobs(paths(), false, false);
  ASSERT_FALSE(swept.ok());
  EXPECT_EQ(ExitCode(swept.error().code), 3);
  EXPECT_TRUE(fs::exists(blobs.PathOf(garbage)));
}

// The page of the table that names checkpoints becomes one without rows.
TEST_F(BlobSweepTest, ADamagedDatabaseNamesTooLittle) {
  store.reset();
  std::int64_t page = 0;
  std::int64_t page_bytes = 0;
  {
    Database database(paths().database(), Database::Access::kRead);
    page = database.Number("SELECT rootpage FROM sqlite_master WHERE name = 'checkpoint'");
    page_bytes = database.Number("PRAGMA page_size");
  }
  std::fstream file(paths().database(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * page_bytes + 3);
  file << std::string(2, '\0');  // no cells
  file.close();
  const auto swept = SweepBlobs(paths(), false, false);
  ASSERT_FALSE(swept.ok());
  EXPECT_THAT(FormatError(swept.error()), HasSubstr("damaged"));
  for (const std::string& sha256 : kept) EXPECT_TRUE(blobs.Read(sha256).ok());
}

TEST_F(BlobSweepTest, WithoutAStoreNothingIsTouched) {
  EXPECT_FALSE(SweepBlobs(StorePaths{paths().root / "nowhere"}, false, false).ok());
}

}  // namespace
}  // namespace unmask
