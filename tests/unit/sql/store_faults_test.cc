// Kills, cuts, foreign files and full disks: what was committed stays, the rest is refused with a
// reason.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <optional>
#include <random>

#include "sql/database.h"
#include "sql/schema.h"
#include "tests/testing/store_env.h"

// What SQLite calls, in the place of libc's: these fail at will. A full quota is met by a write, on
// NFS often only by the sync after it.
namespace {
int write_errno = 0;  // 0: works
int sync_errno = 0;
int folders_synced = 0;  // in which no rollback journal is left
}  // namespace

extern "C" ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  if (write_errno == 0) return syscall(SYS_pwrite64, fd, bytes, size, offset);
  errno = write_errno;
  return -1;
}

extern "C" int fdatasync(int fd) {
  if (sync_errno != 0) {
    errno = sync_errno;
    return -1;
  }
  struct stat status{};
  const bool folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (folder && faccessat(fd, "unmask.db-journal", F_OK, 0) != 0) ++folders_synced;
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

namespace unmask {
namespace {

using testing::HasSubstr;
using testing::Not;

const ResultsStore::Options kOptions = {false, "test", kStoreNow, std::nullopt};

std::string OpenError(const StorePaths& paths) {
  const auto store = ResultsStore::Open(paths, kOptions);
  if (store.ok()) return "";
  EXPECT_EQ(ExitCode(store.error().code), 3);
  return FormatError(store.error());
}

std::string ReadError(const StorePaths& paths) {
  const auto reader = StoreReader::Open(paths);
  if (reader.ok()) return "";
  EXPECT_EQ(ExitCode(reader.error().code), 3);
  return FormatError(reader.error());
}

// Finishes jobs until it is killed; says so after each commit. Leaves the next job half recorded.
[[noreturn]] void RunUntilKilled(const StorePaths& paths, bool network, int pipe_fd) {
  auto opened = ResultsStore::Open(paths, {false, "test", kStoreNow, network});
  if (!opened.ok()) _exit(1);
  ResultsStore& store = **opened;
  const SweepPlan plan = MakeTestPlan(
      "s-1", {TestExperiment{"lines", ModelKind::kDsid, Task::kTer, {0, 0.1, 0.5, 1, 10, 50}}});
  if (!store.RegisterSweep(plan, "{}", kStoreNow).ok()) _exit(1);
  for (const PlannedJob& job : plan.jobs) {
    const LeaseId lease{job.key, AttemptNumber{1}, store.epoch()};
    const bool applied = store.Apply(RecordLease{lease, TestWorker()}, kStoreNow).ok() &&
                         store.Apply(RecordResult{lease, TestResult(job.spec)}, kStoreNow).ok();
    if (!applied) _exit(1);
    [[maybe_unused]] ssize_t n = write(pipe_fd, "a", 1);  // applied, not committed
    if (!store.Commit().ok()) _exit(1);
    n = write(pipe_fd, "c", 1);
  }
  while (true) pause();
}

// Kills the child once it has said `steps` letters; returns how many commits it had told of.
int KillAfter(const StorePaths& paths, bool network, int steps) {
  int channel[2];
  EXPECT_EQ(pipe(channel), 0);
  const pid_t child = fork();
  if (child == 0) RunUntilKilled(paths, network, channel[1]);
  close(channel[1]);
  int commits = 0;
  char letter = 0;
  for (int i = 0; i < steps && read(channel[0], &letter, 1) == 1; ++i) commits += letter == 'c';
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
  while (read(channel[0], &letter, 1) == 1) commits += letter == 'c';
  close(channel[0]);
  return commits;
}

class StoreKill : public testing::TestWithParam<bool> {};

TEST_P(StoreKill, CommittedResultsSurviveAKillAtAnyMoment) {
  for (int steps = 1; steps < 24; steps += 3) {
    TempFolder folder;
    const StorePaths paths{folder.path() / "store"};
    const int commits = KillAfter(paths, GetParam(), steps);
    // A reader finds the committed state before anybody has opened it for writing.
    auto reader = StoreReader::Open(paths);
    ASSERT_TRUE(reader.ok()) << FormatError(reader.error());
    const auto progress = (*reader)->Progress("s-1");
    ASSERT_TRUE(progress.ok()) << FormatError(progress.error());
    EXPECT_GE(progress->jobs.done, commits);
    EXPECT_LE(progress->jobs.done, commits + 1);  // committed, but killed before it could say so
    reader->reset();
    EXPECT_EQ(OpenError(paths), "");
    Database database(paths.database(), Database::Access::kRead);
    Rows rows(database, "PRAGMA integrity_check");
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Text(0), "ok");
  }
}

INSTANTIATE_TEST_SUITE_P(Journals, StoreKill, testing::Bool(),
                         [](const auto& param) { return param.param ? "Rollback" : "Wal"; });

class StoreFaults : public testing::Test, protected StoreEnv {
 protected:
  // A finished sweep, closed.
  void FinishAndClose() {
    const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
    Register(plan);
    FinishAll(plan);
    store.reset();
  }
};

TEST_F(StoreFaults, ACutDatabaseIsRefusedNeverRepaired) {
  FinishAndClose();
  const std::string whole = ReadFile(paths().database()).value();
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 41 + 1) {
    ASSERT_TRUE(WriteFileDurably(paths().database(), whole.substr(0, size)).ok());
    EXPECT_NE(OpenError(paths()), "") << size << " of " << whole.size() << " bytes";
    EXPECT_EQ(ReadFile(paths().database()).value(), whole.substr(0, size));
    const auto reader = StoreReader::Open(paths());
    EXPECT_FALSE(reader.ok() && (*reader)->Folds("s-1").ok()) << size;
  }
  ASSERT_TRUE(WriteFileDurably(paths().database(), whole).ok());
  EXPECT_EQ(OpenError(paths()), "");
}

// As a coordinator leaves it that is killed while it writes pages on a rollback journal.
TEST_F(StoreFaults, AReaderSeesTheStateBeforeACommitThatWasCutOff) {
  FinishAndClose();
  const StorePaths cut{paths().root / "cut"};
  fs::create_directory(cut.root);
  {
    Database database(paths().database(), Database::Access::kWrite);
    database.RunScript("PRAGMA cache_size = 1; BEGIN");
    database.RunScript("UPDATE planned_job SET state = 'failed', error = hex(randomblob(50000))");
    fs::copy(paths().database(), cut.database());
    fs::copy(paths().database().string() + "-journal", cut.database().string() + "-journal");
  }
  ASSERT_NE(ReadFile(cut.database()).value(), ReadFile(paths().database()).value());
  const auto reader = StoreReader::Open(cut);
  ASSERT_TRUE(reader.ok()) << FormatError(reader.error());
  EXPECT_EQ((*reader)->Progress("s-1")->jobs.done, 3);
}

// Else the journal may be there again after a power cut, and undo what was committed.
TEST_F(StoreFaults, ACommitOnARollbackJournalEndsWithASyncOfItsFolder) {
  Open({false, "test", kStoreNow, /*network_file_system=*/true});
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Lease(LeaseOf(plan.jobs[0].key));
  folders_synced = 0;
  Commit();
  EXPECT_EQ(folders_synced, 1);
}

TEST_F(StoreFaults, DamagedPagesAreRefused) {
  FinishAndClose();
  const std::string whole = ReadFile(paths().database()).value();
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  // Random bytes instead of a whole page: of a table, an index, or a long row.
  constexpr std::size_t kPage = 8192;
  ASSERT_EQ(whole.size() % kPage, 0U);
  std::string broken = whole;
  const std::size_t page = kPage * (1 + random() % (whole.size() / kPage - 1));
  for (std::size_t i = page; i < page + kPage; ++i) broken[i] = static_cast<char>(random());
  ASSERT_TRUE(WriteFileDurably(paths().database(), broken).ok());
  EXPECT_THAT(OpenError(paths()), HasSubstr("damaged"));
  EXPECT_EQ(ReadFile(paths().database()).value(), broken);
}

TEST_F(StoreFaults, FilesThatAreNoStoreAreRefused) {
  store.reset();
  std::ofstream(paths().database()) << std::string(5000, 'x');
  EXPECT_THAT(OpenError(paths()), HasSubstr("not a database"));
  EXPECT_THAT(ReadError(paths()), HasSubstr("not a database"));
  fs::remove(paths().database());
  EXPECT_THAT(ReadError(paths()), HasSubstr("there is no store"));
  {
    Database foreign(paths().database(), Database::Access::kCreate);
    foreign.RunScript("CREATE TABLE addresses (name TEXT)");
  }
  EXPECT_THAT(OpenError(paths()), HasSubstr("not a store of unmask"));
  EXPECT_THAT(ReadError(paths()), HasSubstr("not a store of unmask"));
}

TEST_F(StoreFaults, NothingIsMadeBesideWhatIsNotOurs) {
  const StorePaths foreign{paths().root / "foreign"};
  fs::create_directory(foreign.root);
  Database(foreign.database(), Database::Access::kCreate)
      .RunScript("CREATE TABLE addresses (name)");
  EXPECT_THAT(OpenError(foreign), HasSubstr("not a store of unmask"));
  std::ofstream(foreign.database()) << std::string(5000, 'x');
  EXPECT_THAT(OpenError(foreign), HasSubstr("not a database"));
  EXPECT_EQ(std::distance(fs::directory_iterator(foreign.root), {}), 1);
}

// Until its first checkpoint a database is but a page, and all else is in the log.
TEST_F(StoreFaults, ALogThatIsGoneIsALossNotABeginning) {
  const StorePaths cut{paths().root / "cut"};
  fs::create_directory(cut.root);
  fs::copy(paths().database(), cut.database());
  EXPECT_THAT(ReadError(cut), HasSubstr("the database is empty"));
  fs::copy(paths().token(), cut.token());
  EXPECT_THAT(ReadError(cut), HasSubstr("damaged"));
  const std::string before = ReadFile(cut.database()).value();
  EXPECT_THAT(OpenError(cut), HasSubstr("damaged"));
  EXPECT_EQ(ReadFile(cut.database()).value(), before);
  fs::remove(cut.database());  // as who begins anew does
  EXPECT_EQ(OpenError(cut), "");
}

TEST_F(StoreFaults, WhatIsDamagedIsSaidInOneLine) {
  FinishAndClose();
  std::string broken = ReadFile(paths().database()).value();
  broken.replace(8192, 8192, std::string(8192, 'x'));  // a table's first page
  ASSERT_TRUE(WriteFileDurably(paths().database(), broken).ok());
  const std::string error = OpenError(paths());
  EXPECT_THAT(error, HasSubstr("damaged: "));
  EXPECT_THAT(error, Not(HasSubstr("***")));
  EXPECT_THAT(error, Not(HasSubstr("\\n")));
}

TEST_F(StoreFaults, ANewerStoreIsRefused) {
  store.reset();
  {
    Database database(paths().database(), Database::Access::kWrite);
    database.RunScript("PRAGMA user_version = 99");
  }
  EXPECT_THAT(OpenError(paths()), HasSubstr("version 99, newer than this program"));
  EXPECT_THAT(ReadError(paths()), HasSubstr("version 99, newer than this program"));
}

TEST_F(StoreFaults, ALockedDatabaseIsRefusedAtOpening) {
  store.reset();
  Database other(paths().database(), Database::Access::kWrite);
  other.RunScript("BEGIN EXCLUSIVE");
  EXPECT_THAT(OpenError(paths()), HasSubstr("locked by another program"));
}

TEST_F(StoreFaults, WhoOnlyReadsIsWaitedForAtOpening) {
  store.reset();
  Database other(paths().database(), Database::Access::kRead);
  std::optional<Snapshot> snapshot(other);
  EXPECT_GE(other.Number("SELECT count(*) FROM sweep"), 0);
  auto opened = std::async([&] { return ResultsStore::Open(paths(), {}).ok(); });
  const std::chrono::seconds longer_than_sqlite_waits(6);
  EXPECT_EQ(opened.wait_for(longer_than_sqlite_waits), std::future_status::timeout);
  snapshot.reset();
  EXPECT_TRUE(opened.get());
}

// On a rollback journal a cursor that has not fetched all its rows keeps a commit from its end.
TEST_F(StoreFaults, AReaderWithRowsLeftIsWaitedForUntilToldHowLong) {
  store.reset();
  store =
      ResultsStore::Open(paths(), {false, "test", kStoreNow, /*network_file_system=*/true}).value();
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  Database reader(paths().database(), Database::Access::kRead);
  auto rows = std::make_unique<Rows>(reader, "SELECT job_key FROM jobs");
  ASSERT_TRUE(rows->Next());
  Expect(store->Apply(RecordLease{LeaseOf(plan.jobs[0].key), TestWorker()}, kStoreNow));
  store->WaitAtMost(std::chrono::milliseconds(30));
  const Status late = store->Commit();
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kStopped);
  EXPECT_THAT(FormatError(late.error()), HasSubstr("results were not recorded"));
  rows.reset();
  EXPECT_EQ(reader.Number("SELECT count(*) FROM attempts"), 0);
}

TEST_F(StoreFaults, ASecondCoordinatorIsRefused) {
  EXPECT_THAT(OpenError(paths()), HasSubstr("in use by process " + std::to_string(getpid())));
  EXPECT_TRUE(store->RegisterSweep(MakeTestPlan("s-1", {{}}), "{}", kStoreNow).ok());
}

TEST_F(StoreFaults, MigrationBacksUpAndIsOneTransaction) {
  FinishAndClose();
  fs::permissions(paths().database(), fs::perms::owner_read | fs::perms::owner_write);
  Database database(paths().database(), Database::Access::kWrite);
  std::vector<EmbeddedFile> scripts = SqlMigrations();
  const auto before = static_cast<std::int64_t>(scripts.size());
  scripts.push_back({"next", "ALTER TABLE planned_job ADD COLUMN extra; SELECT nonsense;"});
  EXPECT_FALSE(CatchSqlite(database, [&] { return Migrate(database, scripts); }).ok());
  EXPECT_EQ(database.Number("PRAGMA user_version"), before);
  EXPECT_EQ(database.Number("SELECT count(*) FROM pragma_table_info('planned_job') WHERE"
                            " name = 'extra'"),
            0);
  scripts.back().text = "ALTER TABLE planned_job ADD COLUMN extra;";
  Expect(Migrate(database, scripts));
  EXPECT_EQ(database.Number("PRAGMA user_version"), before + 1);
  EXPECT_EQ(database.Number("SELECT count(*) FROM job WHERE state = 'done'"), 3);
  Database backup(paths().database().string() + ".v" + std::to_string(before) + ".backup",
                  Database::Access::kRead);
  EXPECT_EQ(fs::status(backup.path()).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(backup.Number("PRAGMA user_version"), before);
  EXPECT_EQ(backup.Number("SELECT count(*) FROM job WHERE state = 'done'"), 3);
}

TEST_F(StoreFaults, ViewsOfAnOlderProgramAreMadeAnew) {
  store.reset();
  {
    Database database(paths().database(), Database::Access::kWrite);
    database.RunScript(
        "DROP VIEW curves; CREATE VIEW curves AS SELECT 1 AS one;"
        "UPDATE meta SET value = 'old' WHERE key = 'views'");
  }
  EXPECT_EQ(OpenError(paths()), "");
  Database database(paths().database(), Database::Access::kRead);
  EXPECT_EQ(database.Number("SELECT count(*) FROM curves"), 0);
}

TEST_F(StoreFaults, AStoreThatCannotBeWrittenIsRefused) {
  EXPECT_NE(OpenError(StorePaths{"/proc/unmask-store"}), "");
  const fs::path file = paths().root / "file";
  std::ofstream(file) << "not a folder";
  EXPECT_NE(OpenError(StorePaths{file}), "");
}

// A file system of its own that is full at will. Needs the right to mount.
class TinyDisk {
 public:
  TinyDisk() { mounted_ = mount("tmpfs", path().c_str(), "tmpfs", 0, "size=1m") == 0; }
  ~TinyDisk() {
    if (mounted_) umount2(path().c_str(), MNT_DETACH);
  }
  const fs::path& path() const { return folder_.path(); }
  bool mounted() const { return mounted_; }
  void Fill() const {
    std::ofstream filler(path() / "filler", std::ios::binary);
    while (filler << std::string(4096, 'x') << std::flush) {
    }
  }
  void MakeRoom() const { fs::remove(path() / "filler"); }

 private:
  TempFolder folder_;
  bool mounted_ = false;
};

class FullDisk : public testing::TestWithParam<bool> {};

TEST_P(FullDisk, TheBatchIsRetriedWhole) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small tmpfs";
  const StorePaths paths{disk.path() / "store"};
  auto opened = ResultsStore::Open(paths, {false, "test", kStoreNow, GetParam()});
  ASSERT_TRUE(opened.ok()) << FormatError(opened.error());
  ResultsStore& store = **opened;
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  ASSERT_TRUE(store.RegisterSweep(plan, "{}", kStoreNow).ok());
  const LeaseId lease{plan.jobs[0].key, AttemptNumber{1}, store.epoch()};
  JobResult result = TestResult(plan.jobs[0].spec);
  for (TaskPredictions& predictions : result.predictions) {  // too much for pages that are free
    predictions.samples.assign(2000, "a clip");
    predictions.labels.assign(2000, 0);
    predictions.predicted.assign(2000, 0);
    predictions.logits.assign(4000, 0.123456F);
  }
  const auto record = [&]() -> Status {
    UNMASK_TRY(store.Apply(RecordLease{lease, TestWorker()}, kStoreNow));
    UNMASK_TRY(store.Apply(RecordResult{lease, result}, kStoreNow));
    return store.Commit();
  };
  disk.Fill();
  for (int i = 0; i < 3; ++i) {
    const Status status = record();
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(IsNoSpace(status.error())) << FormatError(status.error());
    EXPECT_FALSE(store.InTransaction());
  }
  disk.MakeRoom();
  const Status status = record();
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : FormatError(status.error()));
  opened->reset();
  auto reader = StoreReader::Open(paths);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->Progress("s-1")->jobs.done, 1);
}

INSTANTIATE_TEST_SUITE_P(Journals, FullDisk, testing::Bool(),
                         [](const auto& param) { return param.param ? "Rollback" : "Wal"; });

struct FailingCall {
  const char* name;
  int* call_errno;
  int value;
};
void PrintTo(const FailingCall& call, std::ostream* out) { *out << call.name; }

class NoRoomReported : public testing::TestWithParam<std::tuple<bool, FailingCall>>,
                       protected StoreEnv {
 protected:
  ~NoRoomReported() override { *call().call_errno = 0; }
  static const FailingCall& call() { return std::get<1>(GetParam()); }
};

TEST_P(NoRoomReported, ByAnyCallIsNoRoom) {
  Open({false, "test", kStoreNow, std::get<0>(GetParam())});
  const SweepPlan plan = MakeTestPlan("s-1", {TestExperiment{}});
  Register(plan);
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  const auto record = [&]() -> Status {
    UNMASK_TRY(store->Apply(RecordLease{lease, TestWorker()}, kStoreNow));
    UNMASK_TRY(store->Apply(RecordResult{lease, TestResult(plan.jobs[0].spec)}, kStoreNow));
    return store->Commit();
  };
  *call().call_errno = call().value;
  for (int i = 0; i < 3; ++i) {
    const Status status = record();
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(IsNoSpace(status.error())) << FormatError(status.error());
  }
  *call().call_errno = 0;
  Expect(record());
  EXPECT_EQ(Reader()->Progress("s-1")->jobs.done, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, NoRoomReported,
    testing::Combine(testing::Bool(),
                     testing::Values(FailingCall{"WriteQuota", &write_errno, EDQUOT},
                                     FailingCall{"SyncQuota", &sync_errno, EDQUOT},
                                     FailingCall{"SyncFull", &sync_errno, ENOSPC})),
    [](const auto& param) {
      return std::string(std::get<0>(param.param) ? "Rollback" : "Wal") +
             std::get<1>(param.param).name;
    });

TEST(FullDiskAtOpening, IsAReasonNotACrash) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small tmpfs";
  disk.Fill();
  EXPECT_NE(OpenError(StorePaths{disk.path() / "store"}), "");
}

}  // namespace
}  // namespace unmask
