#include "worker/agent/log_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

constexpr Millis kLong{60'000};

std::string TextOf(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(LogWriter, AppendsInOrder) {
  const TempFolder folder;
  LogWriter writer;
  writer.Append(folder.path() / "a", "one\n");
  writer.Append(folder.path() / "b", "other\n");
  writer.Append(folder.path() / "a", "two\n");
  writer.Settle(kLong);
  EXPECT_EQ(TextOf(folder.path() / "a"), "one\ntwo\n");
  EXPECT_EQ(TextOf(folder.path() / "b"), "other\n");
}

// A pipe that nobody reads stands for a file system that stands still.
TEST(LogWriter, WhatStandsStillHoldsNobodyUp) {
  const TempFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  const fs::path file = folder.path() / "file";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  LogWriter writer;
  writer.Append(pipe, "first");
  writer.Append(file, "second");
  writer.Settle(Millis(1));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(TextOf(pipe), "first");
  writer.Settle(kLong);
  EXPECT_EQ(TextOf(file), "second");
}

TEST(LogWriter, IsThroughWhenItIsGone) {
  const TempFolder folder;
  {
    LogWriter writer;
    writer.Append(folder.path() / "a", "last words");
  }
  EXPECT_EQ(TextOf(folder.path() / "a"), "last words");
}

TEST(LogWriter, AFolderThatIsGoneCostsTheTextAlone) {
  const TempFolder folder;
  LogWriter writer;
  writer.Append(folder.path() / "nowhere" / "a", "lost");
  writer.Append(folder.path() / "b", "kept");
  writer.Settle(kLong);
  EXPECT_EQ(TextOf(folder.path() / "b"), "kept");
}

}  // namespace
}  // namespace unmask
