// The program unmask-trainer itself, as an agent sees it: a child process and a socket.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <limits>
#include <map>

#include "common/base/files.h"
#include "small_jobs.h"
#include "tests/testing/read_frame.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

constexpr const char* kProgram = UNMASK_BINARY_DIR "/unmask-trainer";

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() { UNMASK_CHECK(MakeFolders(store_ / "blobs").ok()); }
  ~ProgramTest() override {
    if (pid_ > 0) Wait(/*kill_first=*/true);
    if (fd_ >= 0) close(fd_);
  }

  void Start(const std::string& slots, pid_t parent = getpid()) {
    int ends[2];
    UNMASK_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const std::string fd = std::to_string(ends[1]);
    const std::string parent_text = std::to_string(parent);
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      execl(kProgram, kProgram, "--fd", fd.c_str(), "--slots", slots.c_str(), "--store",
            store_.c_str(), "--parent", parent_text.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    close(ends[1]);
    fd_ = ends[0];
  }

  // The child's wait status.
  int Wait(bool kill_first = false) {
    if (kill_first) kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

  void Say(const Message& message) const { ASSERT_TRUE(WriteFrame(fd_, message).ok()); }

  template <typename T>
  T HearNext() {
    while (true) {
      const auto message = ReadFrame(fd_);
      UNMASK_CHECK(message.has_value());
      if (const auto* wanted = std::get_if<T>(&*message)) return *wanted;
    }
  }

  Lease LeaseOf(std::int64_t seed) {
    JobSpec spec = testing::SmallSpec();
    spec.seed = seed;
    const std::array engines = {EngineKind::kCore, EngineKind::kReference, EngineKind::kLanes};
    spec.settings.train.engine = engines[static_cast<std::size_t>(seed) % engines.size()];
    spec.dataset = BlobFolder(store_ / "blobs").Write(DatasetBlob(testing::SmallDataset())).value();
    Lease lease;
    lease.id = {JobKey(spec), AttemptNumber{1}, CoordinatorEpoch{1}};
    lease.spec = CanonicalText(spec);
    return lease;
  }

  // The results of seeds 0..5, by job, without the time they took.
  std::map<std::string, JobResult> Results() {
    for (std::int64_t seed = 0; seed < 6; ++seed) Say(LeaseOf(seed));
    std::map<std::string, JobResult> results;
    while (results.size() < 6) {
      ResultReady ready = HearNext<ResultReady>();
      ready.result.seconds = 0;
      results[ready.lease.job_key] = ready.result;
    }
    return results;
  }

  const TempFolder temp_;
  const fs::path store_ = temp_.path();
  pid_t pid_ = -1;
  int fd_ = -1;
};

TEST_F(ProgramTest, SaysHelloTrainsAndEndsWithTheSameBitsInOneAndThreeSlots) {
  Start("1");
  const TrainerHello hello = HearNext<TrainerHello>();
  EXPECT_EQ(hello.protocol, kProtocolVersion);
  EXPECT_TRUE(hello.numerics_class.starts_with("cpu/"));
  EXPECT_NE(hello.numerics_class.find("|torch-2."), std::string::npos);
  EXPECT_TRUE(hello.device.starts_with("cpu: "));
  const auto one = Results();
  EXPECT_EQ(one.begin()->second.numerics_class, hello.numerics_class);
  Say(Goodbye{});
  EXPECT_EQ(Wait(), 0);
  close(fd_);
  Start("3");
  EXPECT_EQ(Results(), one);
}

TEST_F(ProgramTest, OnlyTheAgentStopsIt) {
  Start("1");
  HearNext<TrainerHello>();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) kill(pid_, signal);
  Say(LeaseOf(0));
  HearNext<ResultReady>();
  close(fd_);
  fd_ = -1;
  EXPECT_EQ(Wait(), 0);  // the agent is gone
}

TEST_F(ProgramTest, EndsAtOnceWhereItsParentIsAnother) {
  Start("1", std::numeric_limits<pid_t>::max());
  const int status = Wait();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
}  // namespace unmask
