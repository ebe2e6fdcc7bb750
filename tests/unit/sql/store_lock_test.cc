#include "sql/store_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/testing/store_env.h"

// What the lock calls, in the place of libc's.
namespace {
const char* host_name = nullptr;  // nullptr: this machine's
}  // namespace

extern "C" int gethostname(char* name, size_t size) noexcept {
  utsname machine{};
  if (uname(&machine) != 0) return -1;
  std::snprintf(name, size, "%s", host_name != nullptr ? host_name : machine.nodename);
  return 0;
}

namespace unmask {
namespace {

StoreLock::Owner FarAway() {
  StoreLock::Owner owner;
  owner.host = "far-away";
  owner.pid = 123;
  owner.boot_id = "other-boot";
  return owner;
}

class StoreLockTest : public testing::Test {
 protected:
  ~StoreLockTest() override { host_name = nullptr; }
  fs::path path() const { return folder_.path() / "lock"; }
  std::string ErrorOf(bool take_over = false) const {
    const auto lock = StoreLock::Take(path(), take_over);
    return lock.ok() ? "" : FormatError(lock.error());
  }
  void WriteOwner(const StoreLock::Owner& owner) const {
    std::ofstream(path()) << nlohmann::json{
        {"host", owner.host}, {"pid", owner.pid}, {"boot_id", owner.boot_id}};
  }

 private:
  TempFolder folder_;
};

// A child that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const fs::path& path) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto lock = StoreLock::Take(path, false);
      const char answer = lock.ok() ? 'y' : 'n';
      [[maybe_unused]] const ssize_t n = write(ready[1], &answer, 1);
      while (true) pause();
    }
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ready[0]);
    close(ready[1]);
  }
  ~Holder() { Kill(); }
  void Kill() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST_F(StoreLockTest, ALivingHolderIsNamed) {
  Holder holder(path());
  const std::string error = ErrorOf();
  EXPECT_NE(error.find("process " + std::to_string(holder.pid())), std::string::npos) << error;
  EXPECT_NE(error.find("host " + StoreLock::Self().host), std::string::npos) << error;
  EXPECT_NE(ErrorOf(/*take_over=*/true), "");  // a living one is never taken over
  ASSERT_TRUE(StoreLock::Holder(path()).has_value());
  EXPECT_EQ(StoreLock::Holder(path())->pid, holder.pid());
}

TEST_F(StoreLockTest, AKilledHolderFreesIt) {
  Holder holder(path());
  holder.Kill();
  EXPECT_FALSE(StoreLock::Holder(path()).has_value());
  EXPECT_EQ(ErrorOf(), "");
}

TEST_F(StoreLockTest, TwiceInOneProcessIsRefusedToo) {
  auto first = StoreLock::Take(path(), false);
  ASSERT_TRUE(first.ok());
  EXPECT_NE(ErrorOf(), "");
  {
    const StoreLock released = std::move(first).value();
  }
  EXPECT_EQ(ErrorOf(), "");
  EXPECT_EQ(fs::file_size(path()), 0U);  // a clean release leaves no name
}

TEST_F(StoreLockTest, AnotherHostsDeadLockNeedsTakeOver) {
  WriteOwner(FarAway());
  const std::string error = ErrorOf();
  EXPECT_NE(error.find("process 123 on host far-away"), std::string::npos) << error;
  EXPECT_NE(error.find("--take-over"), std::string::npos) << error;
  EXPECT_FALSE(StoreLock::Holder(path()).has_value());
  EXPECT_EQ(ErrorOf(/*take_over=*/true), "");
  EXPECT_EQ(ErrorOf(), "");  // released, so the other's name is gone
}

// What a Slurm job's environment says of this process.
class InSlurmJob {
 public:
  InSlurmJob(const char* job, const char* restarts) {
    setenv("SLURM_JOB_ID", job, 1);
    if (restarts != nullptr) setenv("SLURM_RESTART_COUNT", restarts, 1);
  }
  ~InSlurmJob() {
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
  }
};

TEST_F(StoreLockTest, ARequeuedJobTakesItsOwnLockOnAnotherHost) {
  const auto leave = [&](const char* job, const char* restarts) {
    {
      const InSlurmJob first(job, restarts);
      const auto lock = StoreLock::Take(path(), true);
      ASSERT_TRUE(lock.ok());
      fs::copy_file(path(), path().string() + "-of-it", fs::copy_options::overwrite_existing);
    }
    std::ifstream in(path().string() + "-of-it");
    nlohmann::json owner = nlohmann::json::parse(in);
    owner["host"] = "far-away";
    owner["boot_id"] = "other-boot";
    std::ofstream(path()) << owner;
  };
  leave("17", nullptr);
  EXPECT_NE(ErrorOf(), "");  // in no job
  ASSERT_TRUE(StoreLock::LeftBy(path()).has_value());
  EXPECT_EQ(StoreLock::LeftBy(path())->host, "far-away");
  {
    const InSlurmJob other("18", "1");
    EXPECT_NE(ErrorOf(), "");
  }
  {
    const InSlurmJob same_start("17", nullptr);
    EXPECT_NE(ErrorOf(), "");
  }
  {
    const InSlurmJob again("17", "1");
    EXPECT_FALSE(StoreLock::LeftBy(path()).has_value());
    EXPECT_EQ(ErrorOf(), "");
  }
  leave("17", "1");  // by a run beside it, which may live
  const InSlurmJob again("17", "1");
  EXPECT_NE(ErrorOf(), "");
}

TEST_F(StoreLockTest, WhoLeftItLockedIsNamedOnlyElsewhere) {
  EXPECT_FALSE(StoreLock::LeftBy(path()).has_value());
  StoreLock::Owner owner = StoreLock::Self();
  owner.pid = 1;
  WriteOwner(owner);
  EXPECT_FALSE(StoreLock::LeftBy(path()).has_value());  // this machine's: the kernel knows
  WriteOwner(FarAway());
  const auto left = StoreLock::LeftBy(path());
  ASSERT_TRUE(left.has_value());
  EXPECT_NE(NobodyWorksText(left).find("process 123 on host far-away"), std::string::npos);
  WriteOwner(owner);
  Holder holder(path());
  EXPECT_FALSE(StoreLock::LeftBy(path()).has_value());
}

TEST_F(StoreLockTest, ASuccessorsNameStays) {
  {
    const auto lock = StoreLock::Take(path(), false);
    ASSERT_TRUE(lock.ok());
    WriteOwner(FarAway());  // --take-over, where locks are not seen
  }
  EXPECT_NE(ErrorOf().find("process 123 on host far-away"), std::string::npos);
}

TEST_F(StoreLockTest, ThisMachinesDeadLocksAreTaken) {
  StoreLock::Owner owner = StoreLock::Self();
  owner.pid = 1;  // alive, but the kernel knows that it does not hold the lock
  WriteOwner(owner);
  EXPECT_EQ(ErrorOf(), "");
  owner.host = "the-same-kernel-by-another-name";
  WriteOwner(owner);
  EXPECT_EQ(ErrorOf(), "");
  owner = StoreLock::Self();
  owner.boot_id = "before-the-last-boot";
  WriteOwner(owner);
  EXPECT_EQ(ErrorOf(), "");
}

TEST_F(StoreLockTest, AnUnreadableOwnerIsNobody) {
  for (const char* text : {"", "{", "[]", "{\"host\":1}", "garbage\n"}) {
    std::ofstream(path()) << text;
    EXPECT_EQ(ErrorOf(), "") << text;
  }
}

TEST_F(StoreLockTest, AHostMayBeCalledAnything) {
  host_name = "lab\xff";
  {
    const auto lock = StoreLock::Take(path(), false);
    EXPECT_TRUE(lock.ok());
    EXPECT_NE(ErrorOf().find("host lab\\xff"), std::string::npos) << ErrorOf();
  }
  EXPECT_EQ(fs::file_size(path()), 0U);  // known as its own again
  StoreLock::Owner owner = StoreLock::Self();
  owner.boot_id = "before-the-last-boot";
  WriteOwner(owner);
  EXPECT_EQ(ErrorOf(), "");
}

TEST_F(StoreLockTest, AFolderThatIsNotThereIsAnError) {
  const auto lock = StoreLock::Take(path() / "nowhere" / "lock", false);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(ExitCode(lock.error().code), 3);
}

}  // namespace
}  // namespace unmask
