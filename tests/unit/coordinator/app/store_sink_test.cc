#include "coordinator/app/store_sink.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/testing/store_env.h"

// What SQLite calls, in the place of libc's.
namespace {
bool disk_is_full = false;
}  // namespace

extern "C" ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  if (!disk_is_full) return syscall(SYS_pwrite64, fd, bytes, size, offset);
  errno = ENOSPC;
  return -1;
}

namespace unmask {
namespace {

class StoppedClock final : public Clock {
 public:
  Millis Now() const override { return Millis(0); }
  std::string WallTime() const override { return kStoreNow; }
};

class StoreSinkTest : public testing::Test, protected StoreEnv {
 protected:
  StoreSinkTest() { Register(plan); }
  ~StoreSinkTest() override { disk_is_full = false; }

  fs::path WriteBlob(const std::string& content) const {
    const BlobFolder blobs(paths().blobs());
    const auto sha256 = blobs.Write(content);
    EXPECT_TRUE(sha256.ok());
    return blobs.PathOf(Sha256Hex(content));
  }

  SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  LeaseId lease = LeaseOf(plan.jobs[0].key);
  StoppedClock clock;
  StoreSink sink{*store, clock};
};

TEST_F(StoreSinkTest, BlobsThatACommitMadeNeedlessAreRemovedAfterIt) {
  std::vector<fs::path> blobs;
  Expect(sink.Apply(RecordLease{lease, TestWorker()}));
  for (const char* content : {"a", "b", "c"}) {
    blobs.push_back(WriteBlob(content));
    const CheckpointRef checkpoint{Sha256Hex(content), std::ssize(blobs), 1, "cpu-avx2"};
    Expect(sink.Apply(RecordCheckpoint{lease, checkpoint}));
  }
  EXPECT_TRUE(fs::exists(blobs[0])) << "it is not yet committed";
  Expect(sink.Commit());
  EXPECT_FALSE(fs::exists(blobs[0]));
  EXPECT_TRUE(fs::exists(blobs[1]) && fs::exists(blobs[2])) << "the newest two";
}

TEST_F(StoreSinkTest, ANoteIsSaidWithItsJobOnceItIsCommitted) {
  Expect(sink.Apply(RecordLease{lease, TestWorker()}));
  RecordResult record{lease, TestResult(plan.jobs[0].spec)};
  record.result.note = "one face was not found";
  testing::internal::CaptureStderr();
  Expect(sink.Apply(record));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  Expect(sink.Commit());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("job " + plan.jobs[0].key.substr(0, 12) +
                                                        ": one face was not found"),
            std::string::npos);
}

TEST_F(StoreSinkTest, OnlyWantOfRoomCanPass) {
  Expect(sink.Apply(RecordLease{lease, TestWorker()}));
  disk_is_full = true;
  EXPECT_FALSE(sink.Commit().ok());
  EXPECT_TRUE(sink.last_error_can_pass());
  sink.Rollback();
  disk_is_full = false;
  Expect(sink.Apply(RecordLease{lease, TestWorker()}));
  Expect(sink.Commit());
  EXPECT_FALSE(sink.last_error_can_pass()) << "of an exception that may come next nothing is known";
  JobResult odd = TestResult(plan.jobs[0].spec);
  odd.predictions.front().logits.clear();
  EXPECT_FALSE(sink.Apply(RecordResult{lease, odd}).ok());
  EXPECT_FALSE(sink.last_error_can_pass());
}

}  // namespace
}  // namespace unmask
