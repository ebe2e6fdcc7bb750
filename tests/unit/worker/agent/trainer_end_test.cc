#include "worker/agent/trainer_end.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "tests/testing/temp_folder.h"
#include "worker/agent/oom_kills.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

TEST(FailureOfTest, ASignalIsKilled) {
  const Failure failure = FailureOf({.signal = SIGSEGV});
  EXPECT_EQ(failure.failure, FailureClass::kKilled);
  EXPECT_EQ(failure.message, "the trainer died by signal 11 (Segmentation fault)");
}

TEST(FailureOfTest, AnExitIsAnExitWithItsLastLine) {
  const Failure failure = FailureOf({.exit_code = 3, .last_words = "one\n two\x1b[31m \n\n"});
  EXPECT_EQ(failure.failure, FailureClass::kExit);
  EXPECT_EQ(failure.message, "the trainer exited with code 3: two\\x1b[31m");
}

TEST(FailureOfTest, WordsAboutAnotherJobAreNoReason) {
  const TrainerEnd end{.signal = SIGKILL,
                       .last_words = "unmask: error: job 0123456789ab: no room\n"};
  EXPECT_EQ(FailureOf(end, {"ffff456789abcdef"}).message.find("no room"), std::string::npos);
  EXPECT_NE(FailureOf(end, {"0123456789abcdef"}).message.find("no room"), std::string::npos);
  EXPECT_NE(
      FailureOf({.signal = SIGKILL, .last_words = "a bad job"}, {"f"}).message.find("bad job"),
      std::string::npos);
}

TEST(FailureOfTest, OutOfMemoryOnlyOnEvidence) {
  EXPECT_EQ(FailureOf({.signal = SIGKILL}).failure, FailureClass::kKilled);
  EXPECT_EQ(FailureOf({.signal = SIGKILL, .out_of_memory = true}).failure,
            FailureClass::kOutOfMemory);
}

TEST(FailureOfTest, ABrokenProtocolIsTheTrainersFault) {
  const Failure failure = FailureOf({.signal = SIGKILL, .protocol_error = "unknown kind 99"});
  EXPECT_EQ(failure.failure, FailureClass::kExit);
  EXPECT_THAT(failure.message, HasSubstr("unknown kind 99"));
}

TEST(OomKillsTest, SumsWhatTheKernelCounts) {
  const TempFolder temp;
  const fs::path& folder = temp.path();
  std::ofstream(folder / "events") << "low 0\noom 7\noom_kill 2\noom_group_kill 4\n";
  std::ofstream(folder / "vmstat") << "nr_free_pages 5\noom_kill 3\n";
  EXPECT_EQ(OomKills({folder / "events", folder / "missing", folder / "vmstat"}), 5);
}

TEST(OomKillsTest, ThisMachineHasACounter) {
  bool any = false;
  for (const fs::path& counter : OomCounters()) any = any || fs::exists(counter);
  EXPECT_TRUE(any);
}

}  // namespace
}  // namespace unmask
