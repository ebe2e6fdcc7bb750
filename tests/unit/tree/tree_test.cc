// House rules as an ordinary test: the direction of includes, and what every file keeps to.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/unit/tree/source_tree.h"

namespace unmask {
namespace {

const std::set<std::string> kCode = {".h", ".cc"};
const std::set<std::string> kText = {".h",  ".cc", ".cu",  ".inc", ".cmake",
                                     ".md", ".py", ".sql", ".txt", ".yaml"};
const std::vector<std::string> kProduct = {"cli", "common", "coordinator", "sql", "worker"};

std::vector<SourceFile> ProductFiles() {
  std::vector<SourceFile> all;
  for (const std::string& folder : kProduct) {
    for (SourceFile& file : FilesBeneath(folder, kCode)) all.push_back(std::move(file));
  }
  return all;
}

std::string At(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line);
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

// The files outside `where` that include a header whose path matches.
void ExpectIncludedOnlyBy(const std::string& header, const std::string& where) {
  const std::regex header_regex(header);
  const std::regex where_regex(where);
  for (const SourceFile& file : ProductFiles()) {
    for (const Include& include : IncludesOf(file)) {
      if (!std::regex_search(include.path, header_regex)) continue;
      EXPECT_TRUE(std::regex_search(file.path, where_regex))
          << At(file, include.line) << " includes <" << include.path << ">; only " << where
          << " may";
    }
  }
}

void ExpectNoLineMatches(const std::vector<SourceFile>& files, const std::string& pattern) {
  const std::regex regex(pattern);
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(std::regex_search(file.lines[i], regex))
          << At(file, i + 1) << ": " << file.lines[i];
    }
  }
}

TEST(Tree, ReadsTheDependenciesFromCMakeLists) {
  const auto allowed = AllowedFolders();
  ASSERT_TRUE(allowed.contains("coordinator/app"));
  EXPECT_TRUE(allowed.at("common/base").empty());
  EXPECT_TRUE(allowed.at("coordinator/app").contains("common/base"));
  EXPECT_TRUE(allowed.at("common/jobs").contains("common/config"));
  EXPECT_FALSE(allowed.at("common/config").contains("common/jobs"));
  EXPECT_GT(ProductFiles().size(), 50U);
}

TEST(Tree, EveryFolderWithSourcesIsATarget) {
  const auto allowed = AllowedFolders();
  for (const SourceFile& file : ProductFiles()) {
    EXPECT_TRUE(allowed.contains(file.folder)) << file.path << " belongs to no target";
  }
}

TEST(Tree, IncludesFollowTheDependencies) {
  const auto allowed = AllowedFolders();
  for (const SourceFile& file : ProductFiles()) {
    if (!allowed.contains(file.folder)) continue;
    for (const Include& include : IncludesOf(file)) {
      if (!include.quoted) continue;
      const std::string target = FolderOf(include.path);
      EXPECT_TRUE(target == file.folder || allowed.at(file.folder).contains(target))
          << At(file, include.line) << " includes \"" << include.path << "\", but " << file.folder
          << " does not depend on " << (target.empty() ? "that" : target) << " in CMakeLists.txt";
    }
  }
}

TEST(Tree, WhatTargetsNameTheyInclude) {
  const auto written = WrittenDependencies();
  for (const auto& [folder, targets] : written) {
    std::set<std::string> included;
    for (const SourceFile& file : FilesBeneath(folder, {".h", ".cc", ".cu", ".inc"})) {
      if (file.folder != folder) continue;
      for (const Include& include : IncludesOf(file)) included.insert(FolderOf(include.path));
    }
    for (const std::string& target : targets) {
      EXPECT_TRUE(!written.contains(target) || included.contains(target))
          << folder << " names " << target << " in CMakeLists.txt and includes nothing of it";
    }
  }
}

// The map's last column may leave out what another one that it names knows.
TEST(Tree, TheMapNamesWhatTargetsKnow) {
  const auto allowed = AllowedFolders();
  const auto map = MappedFolders();
  for (const auto& [folder, known] : map) {
    if (folder == "cli") continue;  // in words
    EXPECT_EQ(known, allowed.at(folder)) << folder << " in docs/ARCHITECTURE.md";
  }
  static const std::regex kProgram("^bench($|/)|/(main|module)$");
  for (const auto& [folder, known] : allowed) {
    EXPECT_TRUE(map.contains(folder) || std::regex_search(folder, kProgram)) << folder;
  }
}

TEST(Tree, CoordinatorAndWorkerDoNotKnowEachOther) {
  for (const auto& [folder, reached] : AllowedFolders()) {
    const std::string other = folder.starts_with("coordinator/") ? "worker/"
                              : folder.starts_with("worker/")    ? "coordinator/"
                                                                 : "-";
    for (const std::string& target : reached) {
      EXPECT_FALSE(target.starts_with(other)) << folder << " depends on " << target;
    }
  }
}

TEST(Tree, ForeignLibrariesStayInTheirPlace) {
  ExpectIncludedOnlyBy(R"(^mpi\.h$)", R"(^common/transport/mpi/mpi_transport\.)");
  ExpectIncludedOnlyBy(R"(^(sqlite3\.h|SQLiteCpp/))", R"(^sql/)");
  ExpectIncludedOnlyBy(
      R"(^(torch|ATen|c10)/)",
      R"(^worker/(reference|lanes|clip|finetune)_engine/|^worker/(gang|torch_backbone|trainer/engines)\b)");
  ExpectIncludedOnlyBy(R"(^(torch/csrc/distributed|gloo)/)", R"(^worker/gang/)");
  ExpectIncludedOnlyBy(R"(^hwy/)", R"(^(common/random|worker/core_engine)/)");
  ExpectIncludedOnlyBy(R"(^yaml-cpp/)", R"(^common/config/)");
  ExpectIncludedOnlyBy(R"(^(jpeglib|jerror|png)\.h$|^webp/)",
                       R"(^(worker/images|common/synth_faces)/)");
  ExpectIncludedOnlyBy(R"(^utf8proc\.h$)", R"(^(worker/clip_text/|common/base/display_width))");
  ExpectIncludedOnlyBy(R"(^opencv2/)", R"(^worker/(face_finder|video_reader)/)");
  ExpectIncludedOnlyBy(R"(^CLI/)", R"(^(cli|worker/trainer/main)/)");
}

TEST(Tree, HeadersHavePragmaOnce) {
  for (const SourceFile& file : FilesBeneath(".", {".h"})) {
    // Highway includes these once for each instruction set.
    const int expected = file.path.ends_with("-inl.h") ? 0 : 1;
    EXPECT_EQ(std::ranges::count(file.lines, "#pragma once"), expected) << file.path;
  }
}

TEST(Tree, FilesAreShort) {
  for (const SourceFile& file : FilesBeneath(".", kText)) {
    EXPECT_LE(file.lines.size(), 600U) << file.path << " holds more than one thing";
  }
}

TEST(Tree, NoTabsOrTrailingBlanks) {
  ExpectNoLineMatches(FilesBeneath(".", kText), R"(\t|[ \r]$)");
}

TEST(Tree, NothingIsLeftOpen) {
  // Split, so that this file passes its own test.
  ExpectNoLineMatches(FilesBeneath(".", kText), std::string(R"(\b(TO)") + R"(DO|FIX)" + R"(ME)\b)");
}

TEST(Tree, TestsNeverSleep) {
  std::vector<SourceFile> sources = FilesBeneath("tests", kCode);
  // Real ranks wait between polls, as the product's do.
  std::erase_if(sources, [](const SourceFile& file) { return file.folder == "tests/mpi"; });
  ExpectNoLineMatches(sources, std::string(R"(\b(sle)") + R"(ep_for|sle)" + R"(ep_until|usle)" +
                                   R"(ep|nanosle)" + R"(ep)\b)");
  std::vector<SourceFile> scripts = FilesBeneath("tests", {".py"});
  // The harness has the one poll that everything waits with.
  std::erase_if(scripts, [](const SourceFile& file) { return file.path.ends_with("/harness.py"); });
  ExpectNoLineMatches(scripts, R"(\bsleep\()");
}

}  // namespace
}  // namespace unmask
