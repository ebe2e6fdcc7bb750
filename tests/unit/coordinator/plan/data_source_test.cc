// What one experiment has loaded must not be handed to another that asks for something else.
#include "coordinator/plan/data_source.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

Settings SyntheticPictures() {
  Settings settings;
  settings.dataset.synth = 3;
  settings.features.source = FeatureSource::kVit;
  return settings;
}

TEST(DataSourceTest, TasksHaveTheirOwnColumns) {
  DataSource source;
  Settings settings;
  settings.dataset.synth = 3;
  settings.model.kind = ModelKind::kSingleTask;
  settings.model.task = Task::kTer;
  const std::string ter = source.Select(settings).value()->sha256;
  settings.model.task = Task::kDer;
  EXPECT_NE(source.Select(settings).value()->sha256, ter);
  settings.model.task = Task::kTer;
  EXPECT_EQ(source.Select(settings).value()->sha256, ter);
}

TEST(DataSourceTest, FramesHaveTheirOwnPictures) {
  DataSource source;
  Settings settings = SyntheticPictures();
  settings.dataset.frame = FrameChoice::kApex;
  const std::string apex = source.Pictures(settings).value()->sha256;
  settings.dataset.frame = FrameChoice::kOnset;
  EXPECT_NE(source.Pictures(settings).value()->sha256, apex);
}

TEST(DataSourceTest, RootsHaveTheirOwnPictures) {
  const TempFolder temp;
  std::string csv = "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";
  for (const std::string subject : {"a", "b", "c"}) {
    csv += subject + "1," + subject + ",an,ha,1,2,3," + subject + ".png,6\n";
    csv += subject + "2," + subject + ",ha,an,1,2,3," + subject + ".png,12\n";
  }
  for (const std::string root : {"one", "two"}) {
    fs::create_directories(temp.path() / root);
    for (const std::string subject : {"a", "b", "c"}) {
      const std::string png = "\x89PNG\r\n\x1a\n" + root + subject;
      ASSERT_TRUE(WriteFileDurably(temp.path() / root / (subject + ".png"), png).ok());
    }
  }
  ASSERT_TRUE(WriteFileDurably(temp.path() / "m.csv", csv).ok());
  DataSource source;
  Settings settings = SyntheticPictures();
  settings.dataset.synth = 0;
  settings.dataset.manifest = (temp.path() / "m.csv").string();
  settings.dataset.root = (temp.path() / "one").string();
  const auto one = source.Pictures(settings);
  ASSERT_TRUE(one.ok()) << FormatError(one.error());
  const std::string first = (*one)->sha256;
  settings.dataset.root = (temp.path() / "two").string();
  EXPECT_NE(source.Pictures(settings).value()->sha256, first);
}

}  // namespace
}  // namespace unmask
