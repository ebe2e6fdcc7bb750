// Stores of version 1: readers open them as they are, a writer brings them to today's version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sql/database.h"
#include "sql/load_jobs.h"
#include "sql/schema.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Three folds of one point: done (after a crash), failed, and running when its coordinator died.
// Another sweep shares the first.
constexpr const char* kRows = R"sql(
UPDATE meta SET value = 7 WHERE key = 'epoch';
INSERT INTO sweep VALUES (1, 's-1', 's', 'c', '2026', '{}', '{}'), (2, 't-2', 't', 'd', '2026', '{}', '{}');
INSERT INTO job (id, job_key, kind, model, features, engine, seed, held_out, state, attempts, seconds, epochs,
                 best_epoch, held_out_hsic, images_forwarded, weights_sha256, error) VALUES
  (1, 'a', 'train', 'dsid', 'action-units', 'core', 0, '01', 'done', 2, 1.5, 9, 4, 0.25, 3, 'w', NULL),
  (2, 'b', 'train', 'dsid', 'action-units', 'core', 0, '02', 'failed', 1, NULL, NULL, NULL, NULL, NULL, NULL,
   'the loss is nan'),
  (3, 'c', 'train', 'dsid', 'action-units', 'core', 0, '03', 'running', 1, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL);
INSERT INTO spec SELECT id, '{}' FROM job;
INSERT INTO sweep_job VALUES (1, 1, 0), (1, 2, 1), (1, 3, 2), (2, 1, 0);
INSERT INTO point VALUES (1, 1, 'dsid', '{}', 0, 0.5, 1, 'paper', 'inner-subject'),
                         (2, 2, 'dsid', '{}', 0, 0.5, 1, 'paper', 'inner-subject');
INSERT INTO fold_use VALUES (1, 1), (1, 2), (1, 3), (2, 1);
INSERT INTO cell (point_id, task, k, n) VALUES (1, 'ter', NULL, NULL), (1, 'der', NULL, NULL),
                                               (2, 'ter', 1, 2), (2, 'der', 2, 2);
INSERT INTO worker VALUES (1, 7, 1, 'host', 'cpu', 'avx2', 1);
INSERT INTO attempt VALUES (1, 1, 1, 0, '2026-1', '2026-2', 'failed', 'killed', 'signal 9'),
                           (1, 2, 1, 3, '2026-3', '2026-4', 'done', NULL, 'a note'),
                           (2, 1, 1, 0, '2026-5', '2026-6', 'failed', 'nan', 'the loss is nan'),
                           (3, 1, 1, 5, '2026-7', NULL, NULL, NULL, NULL);
INSERT INTO fold VALUES (1, 'f', '["an","ha"]', '["x","y"]', '[0,1]');
INSERT INTO prediction VALUES (1, 'ter', 1, '[1,0,1,0]', '[0,0]', '[[1,0],[2,0]]'),
                              (1, 'der', 1, '[1,0,0,1]', '[0,1]', '[[1,0],[0,2]]');
INSERT INTO curve VALUES (1, '[{"first":0,"split":"train","task":"ter","points":[[2.5,0.5]]}]');
INSERT INTO checkpoint (job_id, attempt, epoch, sha256, bytes, numerics_class) VALUES (3, 1, 5, 'p', 9, 'avx2');
)sql";

class Migration : public testing::Test, protected StoreEnv {
 protected:
  Migration() {
    store.reset();
    for (const char* end : {"", "-wal", "-shm"}) fs::remove(paths().database().string() + end);
    Database database(paths().database(), Database::Access::kCreate);
    Expect(Migrate(database, std::span(SqlMigrations()).first(1)));
    std::vector<EmbeddedFile> views = SqlViews();
    std::erase_if(views, [](const EmbeddedFile& view) {  // they were tables
      return view.name == "job.sql" || view.name == "prediction.sql" || view.name == "curve.sql";
    });
    Expect(RefreshViews(database, views));
    database.RunScript(kRows);
  }

  std::vector<std::string> Lines(const std::string& sql) const {
    Database database(paths().database(), Database::Access::kRead);
    std::vector<std::string> lines;
    for (Rows rows(database, sql); rows.Next();) {
      std::string line;
      for (int column = 0; column < rows.Columns(); ++column) {
        line += (column > 0 ? "|" : "") + rows.MaybeText(column).value_or("-");
      }
      lines.push_back(line);
    }
    return lines;
  }

  // Everything that the public views say.
  std::vector<std::string> All() const {
    std::vector<std::string> all;
    for (const char* view :
         {"sweeps", "jobs", "attempts", "predictions", "cells", "curves", "checkpoints"}) {
      auto lines = Lines(std::string("SELECT * FROM ") + view);
      std::ranges::sort(lines);
      all.insert(all.end(), lines.begin(), lines.end());
    }
    return all;
  }

  void ExpectTheSweepAsItWas(int queued, int running) const {
    const auto reader = Reader();
    ASSERT_NE(reader, nullptr);
    const auto progress = reader->Progress("s-1");
    ASSERT_TRUE(progress.ok()) << FormatError(progress.error());
    EXPECT_EQ(progress->jobs.done, 1);
    EXPECT_EQ(progress->jobs.failed, 1);
    EXPECT_EQ(progress->jobs.queued, queued);
    EXPECT_EQ(progress->jobs.running, running);
    const auto result = reader->ResultOf("a");
    ASSERT_TRUE(result.ok()) << FormatError(result.error());
    EXPECT_EQ(result->epochs, 9);
    EXPECT_EQ(result->output_sha256, "w");
    EXPECT_EQ(reader->FindJob("a")->weights_sha256, "w");
    EXPECT_EQ(result->numerics_class, "avx2");
    ASSERT_THAT(result->predictions, SizeIs(2));
    EXPECT_THAT(result->predictions[1].logits, ElementsAre(1, 0, 0, 2));
    EXPECT_THAT(result->curves, SizeIs(1));
    const auto folds = reader->Folds("s-1");
    ASSERT_TRUE(folds.ok()) << FormatError(folds.error());
    EXPECT_THAT(folds->front().confusion.counts, ElementsAre(1, 0, 0, 1));
  }
};

TEST_F(Migration, ReadersOpenVersionOneAsItIs) { ExpectTheSweepAsItWas(0, 1); }

TEST_F(Migration, NothingThatTheViewsSayIsLost) {
  const std::vector<std::string> before = All();
  {
    Database database(paths().database(), Database::Access::kWrite);
    Expect(Migrate(database, SqlMigrations()));
    Expect(RefreshViews(database, SqlViews()));
  }
  EXPECT_EQ(All(), before);
  EXPECT_THAT(Lines("PRAGMA foreign_key_check"), SizeIs(0));
  EXPECT_THAT(Lines("PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_TRUE(fs::exists(paths().database().string() + ".v1.backup"));
}

TEST_F(Migration, AWriterGoesOnFromThere) {
  Open();
  ExpectTheSweepAsItWas(1, 0);
  EXPECT_EQ(store->epoch().value, 8);
  Database database(paths().database(), Database::Access::kWrite);
  const std::vector<StoredJob> jobs = LoadJobs(database, "s-1").jobs;
  EXPECT_EQ(jobs.at(0).state, JobState::kDone);
  EXPECT_EQ(jobs.at(0).output_sha256, "w");
  EXPECT_EQ(jobs.at(2).state, JobState::kQueued);
  EXPECT_EQ(jobs.at(2).last_attempt.value, 1);
  EXPECT_THAT(jobs.at(2).checkpoints, ElementsAre(CheckpointRef{"p", 5, 9, "avx2"}));
  EXPECT_THAT(Lines("SELECT outcome, first_epoch FROM attempts WHERE job_key = 'c'"),
              ElementsAre("lost|5"));
}

}  // namespace
}  // namespace unmask
